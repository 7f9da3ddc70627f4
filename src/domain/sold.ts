/** What the product sells: whether a license is for one of its items, on one of the item's terms (LI-1). */
import { describeItem } from "./describe-item.ts";
import type { License, Term } from "./license.ts";
import { type Base, editionTermOf, type Profile } from "./profile.ts";
import type { Refusal, RefusalReason } from "./refusal.ts";
import { isUpgrade } from "./upgrades.ts";

/** What the profile says of the quotas of an item that a license is for. */
export interface Sold {
  /** Units that the license may name. */
  readonly units: readonly string[];
  /** Units of which it must name at least one; empty: none. */
  readonly requiredUnits: readonly string[];
  /** Amounts that it is sold in; empty: every amount. */
  readonly packSizes: readonly bigint[];
}

/** A reason why the product knows nothing that the license could be for; `undefined`: it does. */
export function unknownItem(profile: Profile, license: License): Refusal | undefined {
  const base = profile.bases.get(license.item);
  if (base === undefined) return unknownModule(profile, license);
  if (license.edition === undefined || !base.editions.has(license.edition)) {
    return refuse(
      "UNKNOWN_ITEM",
      `A base license of ${profile.title.en} names one of its editions: ${[...base.editions.keys()].join(", ")}.`,
      "edition",
    );
  }
  return unknownUpgrade(base, license);
}

function unknownModule(profile: Profile, { item, edition, fromEdition }: License): Refusal | undefined {
  if (!profile.items.has(item)) {
    return refuse(
      "UNKNOWN_ITEM",
      `${profile.title.en} has no item of this name; ask the vendor for a license of this product.`,
      "item",
    );
  }
  if (edition === undefined && fromEdition === undefined) return undefined;
  return refuse(
    "UNKNOWN_ITEM",
    `Item ${item} has no editions, but the license names one.`,
    edition === undefined ? "from_edition" : "edition",
  );
}

/** A product that sells upgrades sells some only: up, and from editions of its own (US-UP-1). */
function unknownUpgrade({ item, upgrades }: Base, { edition, fromEdition }: License): Refusal | undefined {
  if (fromEdition === undefined || edition === undefined || upgrades.size === 0) return undefined;
  if (upgrades.get(fromEdition)?.includes(edition)) return undefined;
  const sold = [...upgrades].flatMap(([from, targets]) => targets.map((target) => `${from} to ${target}`));
  return refuse(
    "UNKNOWN_ITEM",
    `Upgrades of ${item} are sold from ${sold.join(", ")}; this license is for another.`,
    "from_edition",
  );
}

/** How a known item is sold on the license's term; `undefined`: it is not. */
export function soldAs(profile: Profile, license: License): Sold | undefined {
  const base = profile.bases.get(license.item);
  if (base === undefined) {
    const item = profile.items.get(license.item);
    return item?.terms.includes(license.term) ? item : undefined;
  }
  if (isUpgrade(license) && !isUpgradeSold(base, license)) return undefined;
  const term = editionTermOf(profile, license);
  return term && { units: base.units, requiredUnits: term.requiredUnits, packSizes: [] };
}

/** An upgrade lasts: it is neither temporary nor has it an end (US-UP-1). */
function isUpgradeSold({ upgrades }: Base, { term, endsAt }: License): boolean {
  return upgrades.size > 0 && isLastingTerm(term) && endsAt === undefined;
}

/** Whether licenses on a term are meant to last: only these are upgraded, and upgrades are on such terms only. */
export function isLastingTerm(term: Term): boolean {
  return term === "paid" || term === "formal";
}

/** The refusal of a license that {@link soldAs} knows nothing of. */
export function termNotAllowed(profile: Profile, license: License): Refusal {
  const base = profile.bases.get(license.item);
  if (!isUpgrade(license) || base === undefined) {
    const message = `${describeItem(license)} is not sold on the term ${license.term}.`;
    return refuse("TERM_NOT_ALLOWED", message, "term");
  }
  if (base.upgrades.size === 0) {
    const message =
      "This product has no upgrade licenses; ask the vendor for a license of the edition itself.";
    return refuse("TERM_NOT_ALLOWED", message, "from_edition");
  }
  if (isLastingTerm(license.term) && license.endsAt !== undefined) {
    const message = `The upgrade license for ${describeItem(license)} has an end, and upgrades have none; ask the vendor for one without.`;
    return refuse("TERM_NOT_ALLOWED", message, "exp");
  }
  const message = `The upgrade ${describeItem(license)} is not sold on the term ${license.term}.`;
  return refuse("TERM_NOT_ALLOWED", message, "term");
}

function refuse(reason: RefusalReason, message: string, claim: string): Refusal {
  return { reason, message, claim };
}
