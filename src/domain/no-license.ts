import type { ItemStanding } from "./evaluation.ts";
import type { PlatformFacts } from "./facts.ts";
import { DAY_MS, type Instant } from "./license.ts";
import type { NoLicenseState, Profile } from "./profile.ts";
import { isHeard } from "./standing.ts";

/** How the product's no-license state stands at an instant. */
export type NoLicensePhase = "PENDING" | "IN_FORCE" | "OVER";

/**
 * A state without an end is always in force. One with an end runs from the platform's first start;
 * a first start that does not verify counts as one long ago (EV-8).
 */
export function noLicensePhaseAt(state: NoLicenseState, facts: PlatformFacts, at: Instant): NoLicensePhase {
  if (state.days === undefined) return "IN_FORCE";
  if (facts.firstStartAt === undefined) return "OVER";
  if (at < facts.firstStartAt) return "PENDING";
  return at < facts.firstStartAt + state.days * DAY_MS ? "IN_FORCE" : "OVER";
}

/** The instants at which the no-license state begins and ends, ascending. */
export function noLicenseBoundaries(state: NoLicenseState, facts: PlatformFacts): readonly Instant[] {
  if (state.days === undefined || facts.firstStartAt === undefined) return [];
  return [facts.firstStartAt, facts.firstStartAt + state.days * DAY_MS];
}

/**
 * Whether the no-license state speaks for an item, and how; `undefined`: it does not. A license that has
 * started replaces it for its item as long as it is installed. Once it is over, a base without a license
 * beside one that has one is left out (US-TE-1).
 */
export function noLicenseOf(
  profile: Profile,
  phase: NoLicensePhase,
  standingOf: (item: string) => ItemStanding,
  item: string,
): NoLicensePhase | undefined {
  const { bases, items } = profile.noLicense;
  const isOfBase = bases.has(item);
  if (!(isOfBase || items.includes(item)) || isHeard(standingOf(item))) return undefined;
  if (!isOfBase || phase !== "OVER") return phase;
  for (const base of profile.bases.keys()) if (isHeard(standingOf(base))) return undefined;
  return phase;
}
