/** What the licenses allow of each meter (ZC-PL-*, EV-7). A meter is "<item>/<unit>". */
import type { Standings } from "./decision.ts";
import { isNoLicenseStateInForce } from "./decision.ts";
import type { MeterReading } from "./evaluation.ts";
import { BASE_ITEM } from "./license.ts";
import { editionTermOf, type Profile } from "./profile.ts";

/** Splits a meter key into item and unit. */
export function splitMeterKey(key: string): { item: string; unit: string } {
  const slash = key.lastIndexOf("/");
  return { item: key.slice(0, slash), unit: key.slice(slash + 1) };
}

/** Reads one meter. Nothing reported counts as 0. */
export function readMeter(profile: Profile, key: string, standings: Standings): MeterReading {
  const { item, unit } = splitMeterKey(key);
  const limit =
    item === BASE_ITEM ? baseLimit(profile, unit, standings) : moduleLimit(profile, item, unit, standings);
  return { key, unit, limit, used: 0n, available: limit, over: false };
}

/** Limit of a base unit; `undefined`: unlimited. Nothing that gives the meter: 0. */
function baseLimit(profile: Profile, unit: string, standings: Standings): bigint | undefined {
  const { situation, license } = standings.standingOf(BASE_ITEM);
  if (situation === "RUNNING") return license?.quotas.get(unit);
  if (isNoLicenseStateInForce(standings) && standings.noLicense === "IN_FORCE")
    return profile.noLicense.quotas.get(unit);
  return 0n;
}

/** Limit of a module's unit; a license that runs gives its meter also while its base has ended (EV-7). */
function moduleLimit(profile: Profile, item: string, unit: string, standings: Standings): bigint | undefined {
  if (areModulesUnlimited(profile, standings)) return undefined;
  const { situation, license } = standings.standingOf(item);
  if (situation === "RUNNING") return license?.quotas.get(unit);
  const alternatives = profile.items.get(item)?.alternatives ?? [];
  return alternatives.some((other) => standings.standingOf(other).situation === "RUNNING") ? undefined : 0n;
}

/** Beside a trial of the whole product no module's meter limits anything (ZC-ED-3). */
function areModulesUnlimited(profile: Profile, standings: Standings): boolean {
  const { situation, license } = standings.standingOf(BASE_ITEM);
  return (
    situation === "RUNNING" &&
    license !== undefined &&
    (editionTermOf(profile, license)?.unlimitedModules ?? false)
  );
}

/** Same limit and use. */
export function isSameReading(a: MeterReading, b: MeterReading): boolean {
  return a.key === b.key && a.limit === b.limit && a.used === b.used && a.over === b.over;
}

/** Every meter of the profile: those of the base units and those of its modules, ascending. */
export function meterKeysOf(profile: Profile): readonly string[] {
  const base = profile.baseUnits.map((unit) => `${BASE_ITEM}/${unit}`);
  const modules = [...profile.items.values()].flatMap(({ name, units }) =>
    units.map((unit) => `${name}/${unit}`),
  );
  return [...base, ...modules].sort();
}
