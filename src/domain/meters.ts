/** What the licenses allow of each meter, and what is in use (ZC-PL-*, EV-7). A meter is "<item>/<unit>". */
import type { MeterReading } from "./evaluation.ts";
import type { Usage } from "./facts.ts";
import type { InstalledLicense } from "./license.ts";
import type { Profile } from "./profile.ts";
import { indexOf } from "./profile-index.ts";
import type { Scene, Standings } from "./standings.ts";

/** Splits a meter key into item and unit. */
export function splitMeterKey(key: string): { item: string; unit: string } {
  const slash = key.lastIndexOf("/");
  return { item: key.slice(0, slash), unit: key.slice(slash + 1) };
}

/** What is allowed of a meter. */
export interface MeterLimit {
  /** `undefined`: unlimited. Nothing that gives the meter: 0. */
  readonly limit: bigint | undefined;
  /** A license or the no-license state gives it; else nothing is over (EV-7). */
  readonly isGiven: boolean;
}

const NOT_GIVEN: MeterLimit = { limit: 0n, isGiven: false };
const UNLIMITED: MeterLimit = { limit: undefined, isGiven: true };

/** Reads one meter. Nothing reported counts as 0. */
export function readMeter(scene: Scene, key: string, standings: Standings): MeterReading {
  const { unit } = splitMeterKey(key);
  const { limit, isGiven } = limitOf(scene.profile, key, standings);
  const used = usedOf(scene, key, limit, standings);
  if (limit === undefined) return { key, unit, limit, used, available: undefined, over: false };
  return {
    key,
    unit,
    limit,
    used,
    available: used > limit ? 0n : limit - used,
    over: isGiven && used > limit,
  };
}

/** What is allowed of a meter. */
export function limitOf(profile: Profile, key: string, standings: Standings): MeterLimit {
  const { item, unit } = splitMeterKey(key);
  return profile.bases.has(item)
    ? baseLimit(profile, item, unit, standings)
    : moduleLimit(profile, item, unit, standings);
}

function baseLimit(profile: Profile, base: string, unit: string, standings: Standings): MeterLimit {
  const { by, phase } = standings.voiceOf(base);
  if (phase !== "RUNNING") return NOT_GIVEN;
  if (by === "LICENSE") return sumOf(standings.standingOf(base).counting, unit);
  return { limit: profile.noLicense.bases.get(base)?.quotas.get(unit), isGiven: true };
}

/** Limit of a module's unit; a license that runs gives its meter also while its base has ended (EV-7). */
function moduleLimit(profile: Profile, item: string, unit: string, standings: Standings): MeterLimit {
  if (areModulesUnlimited(profile, standings)) return UNLIMITED;
  const { situation, counting } = standings.standingOf(item);
  if (situation === "RUNNING") return sumOf(counting, unit);
  if (standings.noLicenseOf(item) === "IN_FORCE") return UNLIMITED;
  const alternatives = profile.items.get(item)?.alternatives ?? [];
  const isReplaced = alternatives.some((other) => standings.standingOf(other).situation === "RUNNING");
  return isReplaced ? UNLIMITED : NOT_GIVEN;
}

/** A unit that one of them does not name is not limited by it, and so not by them all. */
function sumOf(licenses: readonly InstalledLicense[], unit: string): MeterLimit {
  let limit = 0n;
  for (const { quotas } of licenses) {
    const amount = quotas.get(unit);
    if (amount === undefined) return UNLIMITED;
    limit += amount;
  }
  return { limit, isGiven: true };
}

/** Beside a trial of the whole product no module's meter limits anything (ZC-ED-3). */
function areModulesUnlimited(profile: Profile, standings: Standings): boolean {
  for (const base of profile.bases.keys()) {
    const { phase, term } = standings.voiceOf(base);
    if (phase === "RUNNING" && term?.unlimitedModules) return true;
  }
  return false;
}

/** What counts in a meter: its own use up to its limit, where more moves on, and what moves here (ZC-PL-4). */
function usedOf(scene: Scene, key: string, limit: bigint | undefined, standings: Standings): bigint {
  const own = scene.usage.get(key) ?? 0n;
  if (overflowOf(scene.profile, key) !== undefined && limit !== undefined) return own < limit ? own : limit;
  let used = own;
  for (const source of indexOf(scene.profile).overflowing.get(key) ?? []) {
    const { limit: most } = limitOf(scene.profile, source, standings);
    const there = scene.usage.get(source) ?? 0n;
    if (most !== undefined && there > most) used += there - most;
  }
  return used;
}

/** The meter that takes what is in use beyond this one; `undefined`: it is over then (ZC-PL-4). */
export function overflowOf(profile: Profile, key: string): string | undefined {
  const { item, unit } = splitMeterKey(key);
  return profile.items.get(item)?.overflow.get(unit);
}

/** Meters in which anything counts. */
export function metersInUse(profile: Profile, usage: Usage): ReadonlySet<string> {
  const used = new Set([...usage].filter(([, amount]) => amount > 0n).map(([key]) => key));
  for (const [target, sources] of indexOf(profile).overflowing) {
    if (sources.some((source) => used.has(source))) used.add(target);
  }
  return used;
}

/** Same limit and use. */
export function isSameReading(a: MeterReading, b: MeterReading): boolean {
  return a === b || (a.key === b.key && a.limit === b.limit && a.used === b.used && a.over === b.over);
}
