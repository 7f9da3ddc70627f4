/** Upgrades must match what they lift, to the unit (US-UP-1). */
import { hasEndedAt, type Instant, type License } from "./license.ts";
import type { Base } from "./profile.ts";
import type { Refusal } from "./refusal.ts";
import { isLastingTerm } from "./sold.ts";
import { isUpgrade } from "./upgrades.ts";

/**
 * Every reason why upgrades of a base item do not match what they lift, one for each source edition and
 * unit; both numbers stand in the message and in the metadata.
 *
 * @param licenses licenses of the base item in the state to judge
 */
export function upgradeMismatches(base: Base, licenses: readonly License[]): readonly Refusal[] {
  const upgrades = licenses.filter(isUpgrade);
  return [...base.editions.keys()].flatMap((edition) => {
    const from = upgrades.filter(({ fromEdition }) => fromEdition === edition);
    if (from.length === 0) return [];
    return unitsOf(base).flatMap((unit) => judgeSource({ base, edition, from, licenses, unit }) ?? []);
  });
}

interface Source {
  readonly base: Base;
  readonly edition: string;
  /** Upgrades from the edition; at least one. */
  readonly from: readonly License[];
  readonly licenses: readonly License[];
  readonly unit: string;
}

function judgeSource(source: Source): Refusal | undefined {
  const { base, edition, from, licenses, unit } = source;
  const targets = [...new Set(from.map((license) => license.edition ?? ""))].sort();
  const lifted = sumOf(from, unit);
  const there = sumOf(liftable(licenses, edition, from), unit);
  if (targets.length === 1 && lifted === there) return undefined;
  const numbers = `the upgrades from ${base.item} ${edition} are for ${lifted} ${unit}, and there are ${there} ${unit} of it to upgrade`;
  const message =
    targets.length === 1
      ? `With this package, ${numbers}; both must be the same. Ask the vendor for upgrades that match, and upload them with the licenses that they upgrade.`
      : `All upgrades from one edition lead to one other; with this package those from ${base.item} ${edition} lead to ${targets.join(" and ")} (${numbers}). Ask the vendor for upgrades to one edition.`;
  const metadata = {
    item: base.item,
    from_edition: edition,
    unit,
    upgrades: lifted.toString(),
    to_upgrade: there.toString(),
  };
  return { reason: "UPGRADE_MISMATCH", message, claim: "quotas", metadata };
}

/** What upgrades from an edition must match: licenses issued as it that last, pending ones too, and upgrades into it. */
function liftable(
  licenses: readonly License[],
  edition: string,
  from: readonly License[],
): readonly License[] {
  const firstStartsAt: Instant = Math.min(...from.map(({ startsAt }) => startsAt));
  return licenses.filter(
    (license) =>
      license.edition === edition &&
      (isUpgrade(license) || (isLastingTerm(license.term) && !hasEndedAt(license, firstStartsAt))),
  );
}

/** The units that editions are sold by; upgrades are sold by the same. */
function unitsOf({ editions }: Base): readonly string[] {
  const required = [...editions.values()].flatMap(({ terms }) =>
    [...terms.values()].flatMap(({ requiredUnits }) => requiredUnits),
  );
  return [...new Set(required)];
}

function sumOf(licenses: readonly License[], unit: string): bigint {
  return licenses.reduce((sum, { quotas }) => sum + (quotas.get(unit) ?? 0n), 0n);
}
