/** Plans licenses for a way to use the product: which edition, and what beside it (US-PL-1). */
import { sufficientEditions } from "./prerequisite.ts";
import { type ProductVersion, parseProductVersion } from "./product-version.ts";
import type { Base, Edition, Item, Prerequisite, Profile } from "./profile.ts";
import { isLastingTerm } from "./sold.ts";

/** One license to buy. */
export interface PlannedLicense {
  /** A base item or an item beside it. */
  readonly item: string;
  /** For base items. */
  readonly edition: string | undefined;
  /** Unit that it is sold by; `undefined`: it names none. */
  readonly unit: string | undefined;
  /** In English. */
  readonly title: string;
  /** Amounts that it is sold in; empty: every amount. */
  readonly packSizes: readonly bigint[];
}

/** What to plan for. */
export interface PlanQuestion {
  /** Name of a solution of the profile. */
  readonly solution: string;
  /** Version of the product; `undefined` or of an unknown form: not known. */
  readonly version: string | undefined;
  /** Processor architecture, as the bases of the profile name it. */
  readonly architecture: string;
}

/** The ways to license a solution, the least edition first: any one of them is enough. */
export type LicensePlans = ReadonlyArray<readonly PlannedLicense[]>;

/** Why there is no plan. */
export type PlanFault = { readonly unknown: "solution" | "architecture" };

/**
 * Plans a solution from what its items need. In a version that is not known only what is enough in every
 * version counts. Where the version itself lets a lesser edition do, the least one is planned, for its sake.
 */
export function planLicenses(
  profile: Profile,
  { solution: name, version, architecture }: PlanQuestion,
): LicensePlans | PlanFault {
  const solution = profile.solutions.get(name);
  if (solution === undefined) return { unknown: "solution" };
  const named = solution.items.get(architecture);
  const bases = [...profile.bases.values()];
  const base =
    bases.find((one) => one.architecture === architecture) ??
    bases.find((one) => one.architecture === undefined);
  if (named === undefined || base === undefined) return { unknown: "architecture" };
  const items = withPrerequisites(profile, named);
  const editions = editionsFor(base, items, parseProductVersion(version));
  return editions.map((edition) => [plannedBase(base, edition), ...items.map(plannedItem)]);
}

/** The items and, ahead of each, what it needs; each once. */
function withPrerequisites(profile: Profile, names: readonly string[]): readonly Item[] {
  const found = new Map<string, Item>();
  const visit = (name: string): void => {
    const item = profile.items.get(name);
    if (item === undefined || found.has(name)) return;
    for (const other of item.prerequisite?.items ?? []) visit(other);
    found.set(name, item);
  };
  for (const name of names) visit(name);
  return [...found.values()];
}

/** Editions of a base that are enough for all of the items, the least first. */
function editionsFor(
  base: Base,
  items: readonly Item[],
  version: ProductVersion | undefined,
): readonly Edition[] {
  const needs = items
    .flatMap(({ prerequisite }) => prerequisite ?? [])
    .filter(({ bases }) => bases.length > 0);
  const enough = [...base.editions.values()].filter(({ name }) =>
    needs.every((need) => need.bases.includes(base.item) && sufficientEditions(need, version).includes(name)),
  );
  return needs.some((need) => isVersionEnough(need, version)) ? enough.slice(0, 1) : enough;
}

/** Whether the version makes editions enough that are not enough in every version. */
function isVersionEnough(need: Prerequisite, version: ProductVersion | undefined): boolean {
  return sufficientEditions(need, version).some((edition) => !need.editions.includes(edition));
}

function plannedBase(base: Base, edition: Edition): PlannedLicense {
  const [, lasting] = [...edition.terms].find(([term]) => isLastingTerm(term)) ?? [];
  return {
    item: base.item,
    edition: edition.name,
    unit: lasting?.requiredUnits[0] ?? base.units[0],
    title: `${base.title.en}, ${edition.title.en}`,
    packSizes: [],
  };
}

function plannedItem({ name, title, units, requiredUnits, packSizes }: Item): PlannedLicense {
  return { item: name, edition: undefined, unit: requiredUnits[0] ?? units[0], title: title.en, packSizes };
}
