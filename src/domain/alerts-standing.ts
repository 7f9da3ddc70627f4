/** Alerts of what has happened: each stands as long as its cause (EV-10, ZV-AL-2, ZV-AL-3, US-TE-4, US-TE-5). */
import type { DomainAlert } from "./alerts.ts";
import { instantText, renewalOf, renewalOfService } from "./alerts-text.ts";
import type { BaseStanding, Evaluation, MeterReading } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import { doBasesGiveAll } from "./gives-beside-bases.ts";
import { DAY_MS, type Instant } from "./license.ts";
import { noLicensePhaseAt } from "./no-license.ts";
import type { Profile } from "./profile.ts";
import { endOfNoLicense, type Outlook } from "./rights-end.ts";

/** LOCKED: one at the most, by item. */
export function locked({ lock }: Evaluation): readonly DomainAlert[] {
  if (lock === undefined) return [];
  return [
    {
      kind: "LOCKED",
      severity: "CRITICAL",
      message: `The platform is locked: the temporary license ${lock.ended.id} of ${lock.item} ended at ${instantText(lock.since)} while others of it run on.`,
      remedy: "Have the licenses acquired anew: licensectl reload, or the upload of a license.",
      subject: lock.item,
      since: lock.since,
      dueAt: undefined,
    },
  ];
}

/** LOCK_PENDING: from the upload on that makes the lock to come, more urgent within the reminder's days. */
export function lockPending(profile: Profile, { lock, nextLock, at }: Evaluation): readonly DomainAlert[] {
  if (nextLock === undefined || lock !== undefined) return [];
  const { item, since, ended } = nextLock;
  const isSoon = since - at < profile.reminders.licenseDays * DAY_MS;
  return [
    {
      kind: "LOCK_PENDING",
      severity: isSoon ? "WARNING" : "INFO",
      message: `The platform will be locked at ${instantText(since)}, when the temporary license ${ended.id} of ${item} ends while others of it run on.`,
      remedy:
        "Run licensectl reload at that instant or after it: then the licenses that are left count. Before it a reload does not help.",
      subject: item,
      since: undefined,
      dueAt: since,
    },
  ];
}

/** LICENSE_EXPIRED, by base item: also of a trial or a pre-authorization that is over. */
export function expiredBases(
  profile: Profile,
  platform: PlatformInput,
  { bases, at }: Evaluation,
): readonly DomainAlert[] {
  return bases
    .flatMap((base): DomainAlert[] => {
      const ended = endedBase(profile, platform, base, at);
      if (ended === undefined) return [];
      const remedy = renewalOf(profile, platform.licenses, base.item, at);
      const { item: subject } = base;
      return [{ kind: "LICENSE_EXPIRED", severity: "CRITICAL", remedy, subject, dueAt: undefined, ...ended }];
    })
    .sort(bySubject);
}

function endedBase(
  profile: Profile,
  platform: PlatformInput,
  { item, by, isRunning, situation, license, edition }: BaseStanding,
  at: Instant,
): Pick<DomainAlert, "message" | "since"> | undefined {
  if (isRunning) return undefined;
  if (by === "LICENSE" && situation === "EXPIRED") {
    const since = license?.endsAt;
    return { since, message: `The license of ${item}, edition ${edition ?? ""}, ended${atText(since)}.` };
  }
  if (by !== "NO_LICENSE" || noLicensePhaseAt(profile.noLicense, platform.facts, at) !== "OVER")
    return undefined;
  const since = endOfNoLicense(profile, platform);
  return { since, message: `${profile.noLicense.title.en} (${item}) is over${sinceText(since)}.` };
}

/** MODULE_EXPIRED, by item: until it is renewed or deleted, unless the bases give all of it. */
export function expiredModules(outlook: Outlook): readonly DomainAlert[] {
  const { profile, platform, evaluation } = outlook;
  const standings = [...evaluation.items.values()].filter(
    ({ item }) => profile.items.get(item)?.kind === "module",
  );
  return standings
    .flatMap(({ item, situation, license }): DomainAlert[] => {
      if (situation !== "EXPIRED" || license === undefined) return [];
      if (doBasesGiveAll(outlook, license, evaluation.at)) return [];
      return [
        {
          kind: "MODULE_EXPIRED",
          severity: "CRITICAL",
          message: `The license of the module ${item} ended${atText(license.endsAt)}.`,
          remedy: renewalOf(profile, platform.licenses, item, evaluation.at),
          subject: item,
          since: license.endsAt,
          dueAt: undefined,
        },
      ];
    })
    .sort(bySubject);
}

/** SERVICE_EXPIRED: of the service that ended last. */
export function expiredService({ service }: Evaluation): readonly DomainAlert[] {
  if (service === undefined || !service.expired) return [];
  const { item, endsAt } = service;
  return [
    {
      kind: "SERVICE_EXPIRED",
      severity: "WARNING",
      message: `The after-sales service (${item}) ended${atText(endsAt)}.`,
      remedy: renewalOfService(),
      subject: item,
      since: endsAt,
      dueAt: undefined,
    },
  ];
}

/** INSUFFICIENT_QUOTA, by meter. Since when is not known: usage has no history. */
export function insufficientQuotas({ meters }: Evaluation): readonly DomainAlert[] {
  return meters.flatMap((meter) => (meter.over ? [insufficientQuota(meter)] : []));
}

function insufficientQuota({ key, unit, limit = 0n, used }: MeterReading): DomainAlert {
  return {
    kind: "INSUFFICIENT_QUOTA",
    severity: "CRITICAL",
    message: `More is in use of ${key} than the licenses allow: ${used} ${unit} of ${limit}, ${used - limit} too many.`,
    remedy: `Take ${used - limit} ${unit} out of use, or upload a license for at least ${used} ${unit}.`,
    subject: key,
    since: undefined,
    dueAt: undefined,
  };
}

function atText(at: Instant | undefined): string {
  return at === undefined ? "" : ` at ${instantText(at)}`;
}

function sinceText(at: Instant | undefined): string {
  return at === undefined ? ": its first start cannot be verified" : ` since ${instantText(at)}`;
}

function bySubject(a: DomainAlert, b: DomainAlert): number {
  return a.subject < b.subject ? -1 : 1;
}
