import { decide } from "./decision.ts";
import type { CapabilityState } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import { type CapabilityDefinition, isBase, type Profile } from "./profile.ts";
import type { Outlook } from "./rights-end.ts";
import { Scope } from "./scope.ts";

/**
 * Whether a license of a module would give something beside the bases if it ran at an instant: gpu beside
 * an enterprise base gives nothing, so that nobody need renew it (EV-9, ZC-PL-3).
 */
export function givesBesideBases(outlook: Outlook, license: InstalledLicense, at: Instant): boolean {
  const { without, beside } = compare(outlook, license, at);
  return beside.some((given, i) => givesMore(without[i], given));
}

/** Whether the bases give all that a license of a module would: then nobody misses it once it has ended. */
export function doBasesGiveAll(outlook: Outlook, license: InstalledLicense, at: Instant): boolean {
  const { without, beside } = compare(outlook, license, at);
  return beside.every((given, i) => without[i]?.state !== "DISABLED" && !givesMore(without[i], given));
}

function compare({ profile, platform }: Outlook, license: InstalledLicense, at: Instant) {
  const bare = withoutFreeItems(profile);
  const definitions = touchedBy(profile, license.item);
  const bases = platform.licenses.filter(({ item }) => isBase(profile, item));
  const startsAt = Math.min(license.startsAt, at);
  const running = { ...license, startsAt, endsAt: undefined, carried: undefined };
  const without = givenAt(bare, { ...platform, licenses: bases }, at, definitions);
  const beside = givenAt(bare, { ...platform, licenses: [...bases, running] }, at, definitions);
  return { without, beside };
}

const BARE = new WeakMap<Profile, Profile>();

/** What the no-license state gives of a module is no edition's, and a license replaces it (US-TE-1). */
function withoutFreeItems(profile: Profile): Profile {
  if (profile.noLicense.items.length === 0) return profile;
  const bare = BARE.get(profile) ?? { ...profile, noLicense: { ...profile.noLicense, items: [] } };
  BARE.set(profile, bare);
  return bare;
}

/** Capabilities that an item gives or meters. */
function touchedBy(profile: Profile, item: string): readonly CapabilityDefinition[] {
  return [...profile.capabilities.values()].filter(
    ({ key, meters }) =>
      profile.givers.get(key)?.includes(item) || meters.some((meter) => meter.startsWith(`${item}/`)),
  );
}

/** How much there is of one capability. */
export interface Given {
  readonly state: CapabilityState;
  readonly operationCount: number;
  /** `undefined`: unlimited. */
  readonly limits: readonly (bigint | undefined)[];
}

/** How much there is of some capabilities, without the timelines of a whole evaluation: this is asked for each module that ends. */
export function givenAt(
  profile: Profile,
  platform: PlatformInput,
  at: Instant,
  definitions: readonly CapabilityDefinition[],
): readonly Given[] {
  const scope = new Scope(profile, platform);
  const standings = scope.standingsAt(at);
  return definitions.map((definition) => {
    const { state, operations } = decide(scope.scene, definition, standings);
    const limits = definition.meters.map((meter) => standings.meter(meter).limit);
    return { state, operationCount: operations.length, limits };
  });
}

/** More operations, or more of a meter of what is not disabled. */
export function givesMore(without: Given | undefined, beside: Given): boolean {
  if (without === undefined || beside.operationCount > without.operationCount) return true;
  return beside.state !== "DISABLED" && beside.limits.some((limit, i) => isAbove(limit, without.limits[i]));
}

/** `undefined` is unlimited: nothing is above it. */
function isAbove(limit: bigint | undefined, other: bigint | undefined): boolean {
  return other !== undefined && (limit === undefined || limit > other);
}
