/**
 * Which sets of one item's licenses are worth a look when deciding licenses are sought (EV-5): licenses that
 * do the same are stood for by the one with the highest upload sequence, so that hundreds of them make a
 * handful of choices.
 */
import { type Amounts, coverWith } from "./cover.ts";
import { hasEndedAt, type InstalledLicense, type Instant, isCarriedAt, phaseAt, runsAt } from "./license.ts";
import { runsOn } from "./lock.ts";
import { splitMeterKey } from "./meters.ts";
import type { Merge } from "./profile.ts";
import { indexOf } from "./profile-index.ts";
import type { Scene } from "./standings.ts";
import { isUpgrade } from "./upgrades.ts";

/** A set of licenses of one item. */
export type Choice = readonly InstalledLicense[];

/** What choices depend on beside the licenses. */
export interface ChoiceFacts {
  readonly merge: Merge;
  /** Amounts in use that a quota may have to cover, by unit. */
  readonly amountsInUse: ReadonlyMap<string, readonly bigint[]>;
  /** The platform is locked: pairs that make a lock are choices, too. */
  readonly isLocked: boolean;
  /** Licenses that do not run are of no use: the right is one that only those that run give. */
  readonly isRunningOnly: boolean;
}

/** The choices of one item, without upgrades; the empty one is not among them. */
export function choicesOf(
  licenses: readonly InstalledLicense[],
  facts: ChoiceFacts,
  at: Instant,
): readonly Choice[] {
  const quantities = licenses.filter(
    (license) => !isUpgrade(license) && (!facts.isRunningOnly || runsAt(license, at)),
  );
  const singles = representatives(quantities, (license) => signatureOf(license, facts, at));
  if (facts.merge === "replacement") return singles;
  return [
    ...singles,
    ...covers(quantities, facts, at),
    ...(facts.isLocked ? lockPairs(quantities, facts, at) : []),
  ];
}

/** The choices of one item's upgrades, up to two steps up; the empty one is not among them. */
export function upgradeChoicesOf(licenses: readonly InstalledLicense[], at: Instant): readonly Choice[] {
  const started = licenses.filter(
    (license) => isUpgrade(license) && license.startsAt <= at && isCarriedAt(license, at),
  );
  const singles = representatives(started, ({ fromEdition, edition }) => `${fromEdition} ${edition}`);
  const pairs = singles.flatMap((low) =>
    singles.filter((high) => high[0]?.fromEdition === low[0]?.edition).map((high) => [...low, ...high]),
  );
  return [...singles, ...pairs];
}

/** Of each signature the license with the highest upload sequence. */
function representatives(
  licenses: readonly InstalledLicense[],
  signature: (license: InstalledLicense) => string,
): Choice[] {
  const latest = new Map<string, InstalledLicense>();
  for (const license of licenses) {
    const key = signature(license);
    const other = latest.get(key);
    if (other === undefined || other.uploadSequence < license.uploadSequence) latest.set(key, license);
  }
  return [...latest.values()].map((license) => [license]);
}

/** Licenses of one signature can stand for each other: same phase, same edition, quotas that cover the same use. */
function signatureOf(license: InstalledLicense, { amountsInUse }: ChoiceFacts, at: Instant): string {
  const { edition, term, quotas } = license;
  const phase = phaseAt(license, at);
  if (phase !== "RUNNING") return `${phase} ${edition} ${term}`;
  const covered = [...amountsInUse].map(([unit, amounts]) => {
    const quota = quotas.get(unit);
    return quota === undefined ? "all" : amounts.filter((amount) => amount <= quota).length;
  });
  return `${phase} ${edition} ${term} ${covered.join(" ")}`;
}

/**
 * Where quotas add up: for each license that could be the highest of a set, and so name its edition, the
 * smallest set that covers what is in use.
 */
function covers(quantities: readonly InstalledLicense[], facts: ChoiceFacts, at: Instant): readonly Choice[] {
  if (facts.amountsInUse.size === 0) return [];
  const running = quantities
    .filter((license) => runsAt(license, at))
    .toSorted((a, b) => b.uploadSequence - a.uploadSequence);
  const heads = headsOf(running);
  return amountsToCover(facts.amountsInUse).flatMap((amounts) =>
    heads.flatMap((head) => {
      const lower = running.slice(running.indexOf(head) + 1);
      const cover = coverWith(head, lower, amounts);
      return cover === undefined || cover.length === 1 ? [] : [cover];
    }),
  );
}

/** Of each edition, term and set of quotas the license with the highest upload sequence. */
function headsOf(running: readonly InstalledLicense[]): readonly InstalledLicense[] {
  const text = ({ edition, term, quotas }: InstalledLicense) =>
    `${edition} ${term} ${[...quotas].sort().join(" ")}`;
  return representatives(running, text).flat();
}

/** Every combination of amounts, one for each unit. */
function amountsToCover(inUse: ChoiceFacts["amountsInUse"]): readonly Amounts[] {
  let combined: readonly Amounts[] = [new Map()];
  for (const [unit, amounts] of inUse) {
    combined = combined.flatMap((known) => amounts.map((amount) => new Map(known).set(unit, amount)));
  }
  return combined;
}

/** Pairs that make a lock: a temporary license that ended, and one that ran on at its end. */
function lockPairs(quantities: readonly InstalledLicense[], facts: ChoiceFacts, at: Instant): Choice[] {
  const signatures = new Map(quantities.map((license) => [license, signatureOf(license, facts, at)]));
  const best = new Map<string, Choice>();
  for (const ended of quantities) {
    if (ended.term !== "temporary" || !hasEndedAt(ended, at)) continue;
    for (const other of quantities) {
      if (other === ended || !runsOn(other, ended.endsAt ?? 0)) continue;
      const key = `${signatures.get(ended)}, ${signatures.get(other)}`;
      const known = best.get(key);
      if (known === undefined || isHigherPair([ended, other], known)) best.set(key, [ended, other]);
    }
  }
  return [...best.values()];
}

function isHigherPair(a: Choice, b: Choice): boolean {
  const [a1 = 0, a2 = 0] = a.map(({ uploadSequence }) => uploadSequence).sort((x, y) => y - x);
  const [b1 = 0, b2 = 0] = b.map(({ uploadSequence }) => uploadSequence).sort((x, y) => y - x);
  return a1 > b1 || (a1 === b1 && a2 > b2);
}

/** Amounts that quotas of an item may have to cover, by unit: its own use, and what overflows into it by which license. */
export function amountsInUse(
  { profile, usage }: Scene,
  item: string,
  licensesOf: (item: string) => readonly InstalledLicense[],
): ReadonlyMap<string, readonly bigint[]> {
  const units = profile.bases.get(item)?.units ?? profile.items.get(item)?.units ?? [];
  const amounts = new Map<string, readonly bigint[]>();
  for (const unit of units) {
    const meter = `${item}/${unit}`;
    const own = usage.get(meter) ?? 0n;
    const moved = (indexOf(profile).overflowing.get(meter) ?? []).flatMap((source) => {
      const there = usage.get(source) ?? 0n;
      const { item: other, unit: otherUnit } = splitMeterKey(source);
      const quotas = licensesOf(other).map((license) => license.quotas.get(otherUnit) ?? there);
      return [0n, ...quotas].map((quota) => (there > quota ? there - quota : 0n));
    });
    const all = [...new Set([own, ...moved.map((excess) => own + excess)])].filter((amount) => amount > 0n);
    if (all.length > 0) amounts.set(unit, all);
  }
  return amounts;
}
