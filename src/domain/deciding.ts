/**
 * Which licenses decide (EV-5): the smallest set that alone gives the same state and reason, with
 * the no-license state left out of account; of several such sets the one with the highest upload
 * sequences.
 */
import { type Decision, decide, type Standings } from "./decision.ts";
import type { ItemStanding, Outcome } from "./evaluation.ts";
import { BASE_ITEM, type InstalledLicense, type Instant } from "./license.ts";
import type { Profile } from "./profile.ts";
import { type LicensesByItem, standingAt } from "./timeline.ts";

/**
 * The deciding licenses of a capability, descending by upload sequence; empty when the no-license
 * state itself decides. Under merge by replacement one license of an item speaks for it, so that a
 * base license and one module are always enough.
 */
export function decidingLicenses(
  profile: Profile,
  key: string,
  byItem: LicensesByItem,
  decision: Decision,
  at: Instant,
): readonly InstalledLicense[] {
  if (decision.isByNoLicenseState) return [];
  const candidates = candidatesFor(profile, key, byItem);
  const gives = (...licenses: InstalledLicense[]) => givesAlone(profile, key, licenses, decision.outcome, at);
  const single = candidates.find((license) => gives(license));
  if (single !== undefined) return [single];
  for (const [index, first] of candidates.entries()) {
    const second = candidates
      .slice(index + 1)
      .find((other) => isBaseWithModule(first, other) && gives(first, other));
    if (second !== undefined) return [first, second];
  }
  return [];
}

/** Base licenses and licenses of the modules that give the capability, descending by upload sequence. */
function candidatesFor(profile: Profile, key: string, byItem: LicensesByItem): readonly InstalledLicense[] {
  const items = [BASE_ITEM, ...(profile.givers.get(key) ?? [])];
  const licenses = items.flatMap((item) => byItem.get(item) ?? []);
  return licenses.sort((a, b) => b.uploadSequence - a.uploadSequence);
}

function isBaseWithModule(a: InstalledLicense, b: InstalledLicense): boolean {
  return (a.item === BASE_ITEM) !== (b.item === BASE_ITEM);
}

function givesAlone(
  profile: Profile,
  key: string,
  licenses: readonly InstalledLicense[],
  wanted: Outcome,
  at: Instant,
): boolean {
  const { outcome } = decide(profile, key, standingsOfOnly(licenses, at));
  return outcome.state === wanted.state && outcome.reason === wanted.reason;
}

/** How things would stand with these licenses alone, one of each item at the most. */
function standingsOfOnly(licenses: readonly InstalledLicense[], at: Instant): Standings {
  const standings = licenses.map((license) => standingAt(license.item, [license], at));
  return {
    noLicense: undefined,
    standingOf: (item) => standings.find((standing) => standing.item === item) ?? notLicensed(item),
  };
}

function notLicensed(item: string): ItemStanding {
  return { item, situation: "NOT_LICENSED", license: undefined };
}
