/** Sorts conformance cases by what a server must be for them: one start for each of its settings, one set of licenses at a time. */
import { DAY_MS } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { type ConformanceCase, type LicenseText, type PlatformText, toInstant } from "./conformance.ts";

/** Cases of one platform: the same licenses and re-acquisitions; what is in use may differ. */
export interface CaseGroup {
  readonly platform: PlatformText;
  readonly cases: readonly ConformanceCase[];
}

/** Groups that one server can answer one after the other. */
export interface ServerGroups {
  readonly version: string | undefined;
  /** Days; `undefined`: so long ago that it does not matter. */
  readonly firstStart: number | undefined;
  readonly groups: readonly CaseGroup[];
}

/**
 * Sorts cases by server. A server whose first start matters is asked one group only: its past cannot be
 * made anew.
 */
export function groupByServer(
  profile: Profile,
  origin: string,
  cases: readonly ConformanceCase[],
): readonly ServerGroups[] {
  const keyOfPlatform = ({ platform }: ConformanceCase) => JSON.stringify({ ...platform, usage: {} });
  const groups = [...Map.groupBy(cases, keyOfPlatform).values()].map(
    (group): CaseGroup => ({ platform: platformOf(group), cases: group }),
  );
  const keyOf = ({ platform }: CaseGroup) => {
    const firstStart = firstStartOf(profile, origin, platform);
    return JSON.stringify([
      platform.version,
      firstStart,
      firstStart === undefined ? 0 : { ...platform, usage: {} },
    ]);
  };
  const servers = [...Map.groupBy(groups, keyOf).values()].flatMap(inParts);
  return servers.map((sameServer) => {
    const { platform } = groupOf(sameServer);
    return {
      version: platform.version,
      firstStart: firstStartOf(profile, origin, platform),
      groups: sameServer,
    };
  });
}

/** A test that asks for minutes without a word would look hung. */
const MOST_GROUPS = 40;

function inParts(groups: readonly CaseGroup[]): ReadonlyArray<readonly CaseGroup[]> {
  const parts = Math.ceil(groups.length / MOST_GROUPS);
  return Array.from({ length: parts }, (_, part) =>
    groups.slice(part * MOST_GROUPS, (part + 1) * MOST_GROUPS),
  );
}

function groupOf(groups: readonly CaseGroup[]): CaseGroup {
  const [first] = groups;
  if (first === undefined) throw new Error("a group of nothing");
  return first;
}

function platformOf(cases: readonly ConformanceCase[]): PlatformText {
  const [first] = cases;
  if (first === undefined) throw new Error("a group of nothing");
  return first.platform;
}

function firstStartOf(profile: Profile, origin: string, { firstStart }: PlatformText): number | undefined {
  const { days } = profile.noLicense;
  if (days === undefined || firstStart === null) return undefined;
  const startsAt = (toInstant(origin, firstStart) - Date.parse(origin)) / DAY_MS;
  return startsAt + days < -days ? undefined : startsAt;
}

/**
 * Whether a case can be asked of a server: keys in its USB ports are simulated elsewhere, and a first start
 * that does not verify is a database edited by hand.
 */
export function canBeServed({ platform, ask }: ConformanceCase): boolean {
  const licenses: readonly LicenseText[] = [...platform.licenses, ...(ask.upload ?? [])];
  return (
    platform.firstStart !== null &&
    platform.usb === undefined &&
    ask.insertedUsbKeys === undefined &&
    licenses.every(({ usb }) => usb === undefined)
  );
}
