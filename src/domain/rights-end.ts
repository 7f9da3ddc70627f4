/**
 * Until when the rights of an item run (EV-9): not the end of one license, but the first instant at which
 * something is lost that no license installed by now takes over without a gap. Quotas do not matter.
 */
import { evaluate } from "./evaluate.ts";
import type { BaseStanding, Evaluation } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import { boundariesOf } from "./next-alert-change.ts";
import { noLicenseBoundaries } from "./no-license.ts";
import { editionTermOf, isBase, type Profile } from "./profile.ts";
import { Scope } from "./scope.ts";
import { ascending } from "./timeline.ts";

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
  /** The license that ends last; `undefined`: the no-license state gives the rights, or several licenses do. */
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
export function endsOfBases({ profile, platform, evaluation }: Outlook): readonly RightsEnd[] {
  const licenses = platform.licenses.filter(({ item }) => isBase(profile, item));
  const ofBases = { ...platform, licenses };
  const scope = new Scope(profile, ofBases);
  const past = ascending(boundariesOf(profile, ofBases)).filter((boundary) => boundary <= evaluation.at);
  return evaluation.bases.flatMap((base) => {
    if (!base.isRunning) return [];
    const since = (key: string) => givenSince(scope, base.item, key, past);
    const end = firstLoss(evaluation, keysOf(profile, base), since);
    return end === undefined ? [] : [{ item: base.item, ...end, license: undefined }];
  });
}

/** The rights of modules, and terms of service, that run and end: by licenses or by the no-license state. */
export function endsOfItems(outlook: Outlook): readonly RightsEnd[] {
  const { profile, evaluation } = outlook;
  return [...profile.items.values()].flatMap(({ name, gives }) => {
    const standing = evaluation.items.get(name);
    if (standing?.situation === "RUNNING") return licensedEnd(outlook, name);
    const isGivenFree = profile.noLicense.items.includes(name) && standing?.situation !== "EXPIRED";
    const end = isGivenFree ? firstLoss(evaluation, gives, () => undefined) : undefined;
    return end === undefined ? [] : [{ item: name, ...end, license: undefined }];
  });
}

/** The first of these capabilities that is given now and will not be, successors counted; of several the one given longest. */
function firstLoss(
  { capabilities }: Evaluation,
  keys: readonly string[],
  since: (key: string) => Instant | undefined,
): Pick<RightsEnd, "endsAt" | "beganAt"> | undefined {
  const losing = capabilities.filter(
    ({ key, reason, expiresAt }) => reason === "GRANTED" && expiresAt !== undefined && keys.includes(key),
  );
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

function licensedEnd({ platform, evaluation }: Outlook, item: string): RightsEnd[] {
  const licenses = platform.licenses.filter((license) => license.item === item);
  const run = runAround(licenses, evaluation.at);
  return run?.license?.endsAt === undefined
    ? []
    : [{ item, endsAt: run.license.endsAt, beganAt: run.beganAt, license: run.license }];
}

/** The stretch around an instant in which licenses run without a gap. `license`: the last of it; `undefined`: none runs. */
function runAround(licenses: readonly InstalledLicense[], at: Instant) {
  let last: InstalledLicense | undefined;
  for (const license of licenses.toSorted(byStart)) {
    const takesOver = license.startsAt <= (last === undefined ? at : (last.endsAt ?? Infinity));
    if (takesOver && endOf(license) > (last === undefined ? at : endOf(last))) last = license;
  }
  let beganAt = at;
  for (const license of licenses.toSorted(byStart).reverse()) {
    if (license.startsAt < beganAt && endOf(license) >= beganAt) beganAt = license.startsAt;
  }
  return last === undefined ? undefined : { license: last, beganAt };
}

function byStart(a: InstalledLicense, b: InstalledLicense): number {
  return a.startsAt - b.startsAt || a.uploadSequence - b.uploadSequence;
}

function endOf({ endsAt }: InstalledLicense): Instant {
  return endsAt ?? Number.POSITIVE_INFINITY;
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
    if (situation === "EXPIRED" && license?.endsAt !== undefined) ends.set(item, license.endsAt);
  }
  const freeEndsAt = endOfNoLicense(profile, platform);
  if (freeEndsAt !== undefined) {
    for (const { item, by } of bases) if (by === "NO_LICENSE" && freeEndsAt <= at) ends.set(item, freeEndsAt);
  }
  for (const { item, endsAt } of [...endsOfBases(outlook), ...endsOfItems(outlook)]) ends.set(item, endsAt);
  return ends;
}
