/**
 * Until when the rights of an item run (EV-9): not the end of one license, but the first instant at which
 * something is lost that no license installed by now takes over without a gap. Quotas do not matter.
 */
import { bufferEndsOf, isCarriedUntil } from "./buffer-end.ts";
import { evaluate } from "./evaluate.ts";
import type { BaseStanding, CapabilityDecision, Evaluation, ItemStanding } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import { hasEndedAt, type InstalledLicense, type Instant, runSpanOf, type Span } from "./license.ts";
import { boundariesOf } from "./next-alert-change.ts";
import { noLicenseBoundaries } from "./no-license.ts";
import { editionTermOf, isBase, type Profile } from "./profile.ts";
import { Scope } from "./scope.ts";
import { isHeard } from "./standing.ts";
import { ascending } from "./timeline.ts";

/**
 * Which ends count: all, or those that are not the end of a USB key's buffer alone, which has an alert of its own
 * (EV-10).
 */
export type CountedEnds = "ALL" | "NOT_OF_BUFFERS";

/** How the rights stand while nothing is used and no lock falls: those have alerts of their own. */
export interface Outlook {
  readonly profile: Profile;
  readonly platform: PlatformInput;
  readonly evaluation: Evaluation;
}

/** The rights of one item, which run now and end. */
export interface RightsEnd {
  readonly item: string;
  readonly endsAt: Instant;
  /** Since when they run without a gap; `undefined`: since always. */
  readonly beganAt: Instant | undefined;
  /** The license that runs last; `undefined`: the no-license state gives the rights, or several licenses do. */
  readonly license: InstalledLicense | undefined;
}

/** Looks at a platform at an instant. */
export function outlookAt(profile: Profile, platform: PlatformInput, at: Instant): Outlook {
  const unlocked = unlockedOf(profile);
  const unused = { ...platform, usage: new Map() };
  return { profile: unlocked, platform: unused, evaluation: evaluate(unlocked, unused, at) };
}

const UNLOCKED = new WeakMap<Profile, Profile>();

/** One object for each product, since the evaluation remembers what it works out from a profile. */
function unlockedOf(profile: Profile): Profile {
  if (!profile.locks) return profile;
  const unlocked = UNLOCKED.get(profile) ?? { ...profile, locks: false };
  UNLOCKED.set(profile, unlocked);
  return unlocked;
}

/** The rights of the bases that run and end. */
export function endsOfBases(outlook: Outlook, counted: CountedEnds = "ALL"): readonly RightsEnd[] {
  const { profile, platform, evaluation } = outlook;
  const licenses = platform.licenses.filter(({ item }) => isBase(profile, item));
  const ofBases = { ...platform, licenses };
  const scope = new Scope(profile, ofBases);
  const past = ascending(boundariesOf(profile, ofBases)).filter((boundary) => boundary <= evaluation.at);
  return evaluation.bases.flatMap((base) => {
    if (!base.isRunning) return [];
    const since = (key: string) => givenSince(scope, base.item, key, past);
    const end = firstLoss(countedLosses(outlook, keysOf(profile, base), counted), since);
    return end === undefined ? [] : [{ item: base.item, ...end, license: undefined }];
  });
}

/** The rights of modules, and terms of service, that run and end: by licenses or by the no-license state. */
export function endsOfItems(outlook: Outlook, counted: CountedEnds = "ALL"): readonly RightsEnd[] {
  const { profile, evaluation } = outlook;
  return [...profile.items.values()].flatMap(({ name, gives }) => {
    const standing = evaluation.items.get(name);
    if (standing?.situation === "RUNNING") return licensedEnd(outlook, name, counted);
    const isGivenFree = profile.noLicense.items.includes(name) && !(standing && isHeard(standing));
    const end = isGivenFree ? firstLoss(countedLosses(outlook, gives, counted), () => undefined) : undefined;
    return end === undefined ? [] : [{ item: name, ...end, license: undefined }];
  });
}

/** Those of some capabilities that are given now and will not be, successors counted. */
function countedLosses(
  outlook: Outlook,
  keys: readonly string[],
  counted: CountedEnds,
): readonly CapabilityDecision[] {
  const losing = outlook.evaluation.capabilities.filter(
    ({ key, reason, expiresAt }) => reason === "GRANTED" && expiresAt !== undefined && keys.includes(key),
  );
  if (counted === "ALL") return losing;
  const { takeCapability } = bufferEndsOf(outlook);
  return losing.filter(({ key, expiresAt = ALWAYS }) => !takeCapability(key, expiresAt));
}

/** The first loss; of several the one of what is given longest. */
function firstLoss(
  losing: readonly CapabilityDecision[],
  since: (key: string) => Instant | undefined,
): Pick<RightsEnd, "endsAt" | "beganAt"> | undefined {
  const endsAt = Math.min(...losing.map(({ expiresAt = ALWAYS }) => expiresAt));
  const lost = losing.filter(({ expiresAt }) => expiresAt === endsAt);
  if (lost.length === 0) return undefined;
  const begins = lost.map(({ key, effectiveAt = ALWAYS }) => Math.max(effectiveAt, since(key) ?? ALWAYS));
  const beganAt = Math.min(...begins);
  return { endsAt, beganAt: beganAt === ALWAYS ? undefined : beganAt };
}

/** Since when a base gives a capability without a gap, of the instants at which it may have begun; `undefined`: since always. */
function givenSince(scope: Scope, item: string, key: string, past: readonly Instant[]): Instant | undefined {
  const isGivenAt = (instant: Instant) => {
    const standings = scope.standingsAt(instant);
    const base = { ...standings.standingOf(item), ...standings.voiceOf(item) };
    return keysOf(scope.scene.profile, base).includes(key);
  };
  const gap = past.findLastIndex((boundary) => !isGivenAt(boundary));
  if (gap >= 0) return past[gap + 1];
  return isGivenAt(ALWAYS) ? undefined : past[0];
}

const ALWAYS = Number.NEGATIVE_INFINITY;

/** Capabilities that a base gives now. */
function keysOf(
  profile: Profile,
  { by, item, counting, edition }: Omit<BaseStanding, "isRunning">,
): readonly string[] {
  if (by === "NO_LICENSE") return profile.noLicense.bases.get(item)?.capabilities ?? [];
  return counting.flatMap((license) => editionTermOf(profile, license, edition)?.includes ?? []);
}

function licensedEnd(
  { platform, evaluation }: Outlook,
  item: string,
  counted: CountedEnds,
): readonly RightsEnd[] {
  const licenses = platform.licenses.filter((license) => license.item === item);
  const run = runAround(licenses, evaluation.at);
  if (run === undefined || !Number.isFinite(run.endsAt)) return [];
  const isOfBuffer = isCarriedUntil(run.license, run.endsAt) && !hasEndedAt(run.license, run.endsAt);
  return isOfBuffer && counted === "NOT_OF_BUFFERS" ? [] : [{ item, ...run }];
}

/** The stretch around an instant in which licenses run without a gap. `license`: the last of it; `undefined`: none runs. */
function runAround(licenses: readonly InstalledLicense[], at: Instant) {
  const runs = licenses.map((license) => ({ license, ...runSpanOf(license) })).sort(byStart);
  let last: (typeof runs)[number] | undefined;
  for (const run of runs) {
    const reached = last?.until ?? at;
    if (run.from <= reached && run.until > reached) last = run;
  }
  let beganAt = at;
  for (const { from, until } of runs.reverse()) if (from < beganAt && until >= beganAt) beganAt = from;
  return last === undefined ? undefined : { license: last.license, endsAt: last.until, beganAt };
}

interface Run extends Span {
  readonly license: InstalledLicense;
}

function byStart(a: Run, b: Run): number {
  return a.from - b.from || a.license.uploadSequence - b.license.uploadSequence;
}

/** The end of the no-license state; `undefined`: it has none, or its first start is not known (EV-8). */
export function endOfNoLicense({ noLicense }: Profile, { facts }: PlatformInput): Instant | undefined {
  return noLicenseBoundaries(noLicense, facts)[1];
}

/**
 * When the rights of each item end, or have ended, in any order; an item whose rights have no end, or never
 * ran, is not there.
 */
export function endsByItem(
  profile: Profile,
  platform: PlatformInput,
  at: Instant,
): ReadonlyMap<string, Instant> {
  const outlook = outlookAt(profile, platform, at);
  const { bases, items } = outlook.evaluation;
  const ends = new Map<string, Instant>();
  for (const { item, situation, license } of [...bases, ...items.values()]) {
    const endedAt = license && endedAtOf(situation, license, at);
    if (endedAt !== undefined) ends.set(item, endedAt);
  }
  const freeEndsAt = endOfNoLicense(profile, platform);
  if (freeEndsAt !== undefined) {
    for (const { item, by } of bases) if (by === "NO_LICENSE" && freeEndsAt <= at) ends.set(item, freeEndsAt);
  }
  for (const { item, endsAt } of [...endsOfBases(outlook), ...endsOfItems(outlook)]) ends.set(item, endsAt);
  return ends;
}

/** When the license that is shown of an item stopped to give its rights; `undefined`: it did not, or that is not known. */
function endedAtOf(
  situation: ItemStanding["situation"],
  license: InstalledLicense,
  at: Instant,
): Instant | undefined {
  if (situation === "EXPIRED") return license.endsAt;
  const { from, until } = runSpanOf(license);
  return situation === "USB_KEY_LOST" && from < until && until <= at ? until : undefined;
}
