/** Which licenses of one item, where quotas add up, are enough for what is in use: as few as may be (EV-5). */
import type { InstalledLicense } from "./license.ts";

/** Amounts to cover, by unit. */
export type Amounts = ReadonlyMap<string, bigint>;

/** So many steps of a search at most: several units at once can make it long. */
const MOST_STEPS = 5_000;

/**
 * The smallest set that covers all amounts and in which `head` has the highest upload sequence; of several the
 * one with the highest sequences. A license that does not name a unit covers any amount of it. `undefined`:
 * there is none, or it was not found in reasonable time.
 *
 * @param licenses that may stand beside the head, descending by upload sequence, all lower than it
 */
export function coverWith(
  head: InstalledLicense,
  licenses: readonly InstalledLicense[],
  amounts: Amounts,
): readonly InstalledLicense[] | undefined {
  const needed = [...amounts].map(([unit, amount]) => new Need(unit, amount, licenses));
  const missing = needed.map((need) => need.without(need.amount, head));
  const search = { licenses, needed, steps: MOST_STEPS };
  for (let size = 0; size <= licenses.length; size++) {
    if (!needed.every((need, i) => need.isReachable(missing[i] ?? 0n, size))) continue;
    const rest = find(search, 0, size, missing);
    if (rest !== undefined) return [head, ...rest];
    if (search.steps <= 0) return undefined;
  }
  return undefined;
}

interface Search {
  readonly licenses: readonly InstalledLicense[];
  readonly needed: readonly Need[];
  steps: number;
}

/** The first set of `size` licenses from `index` on that covers what is missing. */
function find(
  search: Search,
  index: number,
  size: number,
  missing: readonly bigint[],
): readonly InstalledLicense[] | undefined {
  if (size === 0) return missing.every((amount) => amount <= 0n) ? [] : undefined;
  for (let next = index; next <= search.licenses.length - size; next++) {
    const license = search.licenses[next];
    search.steps -= 1;
    if (license === undefined || search.steps <= 0) return undefined;
    const { needed } = search;
    const left = needed.map((need, i) => need.without(missing[i] ?? 0n, license));
    if (!needed.every((need, i) => need.isReachable(left[i] ?? 0n, size - 1, next + 1))) continue;
    const rest = find(search, next + 1, size - 1, left);
    if (rest !== undefined) return [license, ...rest];
  }
  return undefined;
}

/** One unit to cover. */
class Need {
  readonly amount: bigint;
  readonly #unit: string;
  readonly #licenses: readonly InstalledLicense[];
  /** Sums of the most that so many licenses from a place on can give, by place: worked out when asked for. */
  readonly #mostFrom = new Map<number, readonly bigint[]>();

  constructor(unit: string, amount: bigint, licenses: readonly InstalledLicense[]) {
    this.#unit = unit;
    this.amount = amount;
    this.#licenses = licenses;
  }

  /** What is missing once a license is taken. */
  without(missing: bigint, license: InstalledLicense): bigint {
    const quota = license.quotas.get(this.#unit);
    return quota === undefined ? 0n : missing - quota;
  }

  /** Whether `size` licenses from `index` on could give what is missing. */
  isReachable(missing: bigint, size: number, index = 0): boolean {
    if (missing <= 0n) return true;
    const sums = this.#sumsFrom(index);
    return (sums[Math.min(size, sums.length - 1)] ?? 0n) >= missing;
  }

  #sumsFrom(index: number): readonly bigint[] {
    const known = this.#mostFrom.get(index);
    if (known !== undefined) return known;
    const quotas = this.#licenses.slice(index).map(({ quotas: all }) => all.get(this.#unit) ?? this.amount);
    quotas.sort((a, b) => (a === b ? 0 : a > b ? -1 : 1));
    const sums = [0n];
    for (const quota of quotas) sums.push((sums.at(-1) ?? 0n) + quota);
    this.#mostFrom.set(index, sums);
    return sums;
  }
}
