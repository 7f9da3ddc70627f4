/** Judges a package as a whole, on the state after it: the last part of LI-8. */
import { hasEndedAt, type Instant, type License } from "./license.ts";
import { type Base, isBase, type Profile } from "./profile.ts";
import type { Refusal } from "./refusal.ts";
import { upgradeMismatches } from "./upgrade-balance.ts";
import { isUpgrade } from "./upgrades.ts";

/** The state after a package. */
export interface StateAfter {
  /** Licenses that were installed before. */
  readonly installed: readonly License[];
  /** Licenses of the package that were not. */
  readonly fresh: readonly License[];
  /** Every license of the package, those that were installed before too. */
  readonly packed: readonly License[];
}

/** Every reason against a package as a whole, in the order of LI-8; empty: none. */
export function judgePackage(profile: Profile, after: StateAfter, at: Instant): readonly Refusal[] {
  const touched = [...profile.bases.values()].filter(({ item }) =>
    after.fresh.some((license) => license.item === item),
  );
  return [
    ...touched.flatMap((base) => (profile.merge === "sum" ? editionConflicts(base, after, at) : [])),
    ...touched.flatMap((base) => upgradeMismatches(base, ofItem(base, [...after.installed, ...after.fresh]))),
    ...baseMissing(profile, after),
  ];
}

function ofItem({ item }: Base, licenses: readonly License[]): readonly License[] {
  return licenses.filter((license) => license.item === item);
}

/**
 * Within one architecture editions are never mixed, compared as issued (US-ED-1): beside one that has not
 * ended no other comes in, unless the package brings upgrades that lift the one to another.
 */
function editionConflicts(base: Base, after: StateAfter, at: Instant): readonly Refusal[] {
  const installed = issuedEditions(ofItem(base, after.installed), at);
  const fresh = issuedEditions(ofItem(base, after.fresh), at);
  const lifted = new Set(ofItem(base, after.packed).flatMap(({ fromEdition }) => fromEdition ?? []));
  const isApart = (edition: string, other: string) => !lifted.has(edition) && !lifted.has(other);
  // What came in by upgrades before is no stranger now: more of it may come, as long as upgrades match.
  const strangers = [...fresh].filter((edition) => !installed.has(edition));
  return strangers.flatMap((edition, index) => {
    const other =
      [...installed].find((one) => !lifted.has(one)) ??
      strangers.slice(0, index).find((one) => isApart(edition, one));
    return other === undefined ? [] : [editionConflict(base, edition, other)];
  });
}

/** Editions that licenses which have not ended were issued as; upgrades are none. */
function issuedEditions(licenses: readonly License[], at: Instant): ReadonlySet<string> {
  const standing = licenses.filter((license) => !isUpgrade(license) && !hasEndedAt(license, at));
  return new Set(standing.flatMap(({ edition }) => edition ?? []));
}

function editionConflict({ item, upgrades }: Base, edition: string, other: string): Refusal {
  const remedy = upgrades.get(other)?.includes(edition)
    ? `Ask the vendor for upgrades from ${other} to ${edition}, or for more of ${other}.`
    : `Ask the vendor for more of ${other}.`;
  const message = `Editions of ${item} are not mixed: beside ${other} the package brings ${edition}. ${remedy}`;
  const metadata = { item, edition, other_edition: other };
  return { reason: "EDITION_CONFLICT", message, claim: "edition", metadata };
}

/** A module needs a base license, installed or in the same package; an ended or pending one serves (ZC-PL-2). */
function baseMissing(profile: Profile, { installed, fresh }: StateAfter): readonly Refusal[] {
  const isModule = ({ item }: License) => !isBase(profile, item);
  if (!profile.modulesNeedBase || !fresh.some(isModule)) return [];
  if (![...installed, ...fresh].every(isModule)) return [];
  const message =
    "Modules need a base license, and none is installed or in the package; upload the base license first, or with them.";
  return [{ reason: "BASE_MISSING", message, claim: "item" }];
}
