/** The reminders: rights and service that end soon (ZV-AL-1, ZL-5, EV-9). */
import type { DomainAlert } from "./alerts.ts";
import { instantText, renewalOf, renewalOfService } from "./alerts-text.ts";
import { givesBesideBases } from "./gives-beside-bases.ts";
import { DAY_MS, type Instant, keyIdOf } from "./license.ts";
import { endOfNoLicense, endsOfBases, endsOfItems, type Outlook, type RightsEnd } from "./rights-end.ts";
import { serviceEndWithin } from "./service-end.ts";

/** LICENSE_TO_EXPIRE, by base item: also of a trial or a pre-authorization. */
export function endingBases(outlook: Outlook): readonly DomainAlert[] {
  return endsOfBases(outlook, "NOT_OF_BUFFERS")
    .filter((end) => isSoon(outlook, end.endsAt))
    .map((end) => reminder(outlook, "LICENSE_TO_EXPIRE", end, messageOfBase(outlook, end)))
    .sort(bySubject);
}

/** MODULE_TO_EXPIRE, by item: only where its end takes something away. */
export function endingModules(outlook: Outlook): readonly DomainAlert[] {
  return endsOfItems(outlook, "NOT_OF_BUFFERS")
    .filter(({ item }) => outlook.profile.items.get(item)?.kind === "module")
    .filter((end) => isSoon(outlook, end.endsAt) && takesAway(outlook, end))
    .map((end) => {
      const message = `The rights of the module ${end.item} end at ${instantText(end.endsAt)}${unwatchedText(outlook, end)}.`;
      const alert = reminder(outlook, "MODULE_TO_EXPIRE", end, message);
      // It began when a license took the place of the no-license state of the main base, too.
      return end.license === undefined ? { ...alert, since: undefined } : alert;
    })
    .sort(bySubject);
}

/** SERVICE_TO_EXPIRE: the end of the last term of service that follows without a gap. */
export function endingService({ profile, platform, evaluation }: Outlook): readonly DomainAlert[] {
  const lengthMs = profile.reminders.serviceDays * DAY_MS;
  const end = serviceEndWithin(profile, platform, evaluation.at, lengthMs);
  if (end === undefined) return [];
  return [
    {
      kind: "SERVICE_TO_EXPIRE",
      severity: "WARNING",
      message: `The after-sales service (${end.item}) ends at ${instantText(end.endsAt)}.`,
      remedy: renewalOfService(),
      subject: end.item,
      since: end.beganAt,
      dueAt: end.endsAt,
    },
  ];
}

/** "Less than 15 days left": the 15th day before is not yet soon. */
function isSoon({ profile, evaluation }: Outlook, end: Instant): boolean {
  return end - evaluation.at < profile.reminders.licenseDays * DAY_MS;
}

/**
 * While the no-license state stands in for the main base, the base's reminder tells the end of the modules
 * that come with it, too.
 */
function takesAway(outlook: Outlook, { license, endsAt }: RightsEnd): boolean {
  if (license === undefined) return !outlook.evaluation.noLicenseInForce;
  return givesBesideBases(outlook, license, endsAt);
}

/** Rights of a USB key end when no node has looked for it for too long, though it may be there. */
function unwatchedText({ platform }: Outlook, { item, endsAt }: Pick<RightsEnd, "item" | "endsAt">): string {
  const unwatched = platform.licenses.find(
    ({ item: other, carried }) => other === item && carried?.by === "UNWATCHED" && carried.until === endsAt,
  );
  const keyId = unwatched && keyIdOf(unwatched);
  return keyId === undefined ? "" : `, unless its node looks for the USB key ${keyId} again before`;
}

function messageOfBase(outlook: Outlook, { item, endsAt }: RightsEnd): string {
  const { profile, platform, evaluation } = outlook;
  const base = evaluation.bases.find((standing) => standing.item === item);
  const end = instantText(endsAt);
  const unwatched = unwatchedText(outlook, { item, endsAt });
  if (unwatched !== "") return `The rights of ${item} end at ${end}${unwatched}.`;
  if (base?.by === "LICENSE") return `The license of ${item}, edition ${base.edition ?? ""}, ends at ${end}.`;
  // A license to come may end before what stands in for it until then.
  if (endsAt !== endOfNoLicense(profile, platform)) return `The rights of ${item} end at ${end}.`;
  return `${profile.noLicense.title.en} (${item}) ends at ${end}.`;
}

function reminder(
  outlook: Outlook,
  kind: "LICENSE_TO_EXPIRE" | "MODULE_TO_EXPIRE",
  { item, endsAt, beganAt }: RightsEnd,
  message: string,
): DomainAlert {
  const { profile, platform, evaluation } = outlook;
  const beginsAt = endsAt - profile.reminders.licenseDays * DAY_MS + 1;
  return {
    kind,
    severity: "WARNING",
    message,
    remedy: renewalOf(profile, platform.licenses, item, evaluation.at),
    subject: item,
    since: Math.max(beginsAt, beganAt ?? beginsAt),
    dueAt: endsAt,
  };
}

function bySubject(a: DomainAlert, b: DomainAlert): number {
  return a.subject < b.subject ? -1 : 1;
}
