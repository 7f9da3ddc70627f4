/**
 * How an item stands over time. Between two instants of a timeline nothing about the item changes,
 * so that "what comes next" and "since when" are look-ups, not searches.
 */
import type { ItemStanding } from "./evaluation.ts";
import { boundariesOfLicense, type InstalledLicense, type Instant, runsAt } from "./license.ts";
import type { Merge } from "./profile.ts";
import { type ItemLicenses, splitUpgrades, standingAt } from "./standing.ts";

/** Licenses by item, each list ascending by upload sequence: the order of the input does not matter (EV-3). */
export type LicensesByItem = ReadonlyMap<string, readonly InstalledLicense[]>;

/** Groups licenses by item. */
export function groupByItem(licenses: readonly InstalledLicense[]): LicensesByItem {
  const sorted = [...licenses].sort((a, b) => a.uploadSequence - b.uploadSequence);
  return Map.groupBy(sorted, (license) => license.item);
}

/** The licenses of one item, with its standings worked out when they are asked for, each once. */
export class ItemTimeline {
  /** Ascending by upload sequence. */
  readonly licenses: readonly InstalledLicense[];
  /** Instants at which something about the item may change, ascending, each once. */
  readonly boundaries: readonly Instant[];
  readonly #merge: Merge;
  readonly #item: string;
  readonly #split: ItemLicenses;
  readonly #standings: (ItemStanding | undefined)[] = [];

  constructor(merge: Merge, item: string, licenses: readonly InstalledLicense[]) {
    this.#merge = merge;
    this.#item = item;
    this.licenses = licenses;
    this.#split = splitUpgrades(licenses);
    this.boundaries = ascending(licenses.flatMap(boundariesOfLicense));
  }

  /** How the item stands at an instant. The same object as long as nothing may change. */
  standingAt(at: Instant): ItemStanding {
    const index = this.spanAt(at);
    const known = this.#standings[index];
    if (known !== undefined) return known;
    const standing = this.#unchangedFrom(this.#standings[index - 1], at) ?? this.#workOut(at);
    this.#standings[index] = standing;
    return standing;
  }

  #workOut(at: Instant): ItemStanding {
    return standingAt(this.#merge, this.#item, this.#split, at);
  }

  /** The standing of the span before, if the license that decided alone runs on, and none above it runs. */
  #unchangedFrom(before: ItemStanding | undefined, at: Instant): ItemStanding | undefined {
    const { quantities, upgrades } = this.#split;
    if (before?.situation !== "RUNNING" || this.#merge === "sum" || upgrades.length > 0) return undefined;
    const highest = quantities.findLast((license) => runsAt(license, at));
    return highest === before.license ? before : undefined;
  }

  /** The boundaries at which the standing before and the one after are not the same by `isSame`. */
  turns(isSame: (before: ItemStanding, after: ItemStanding) => boolean): readonly Instant[] {
    const turns: Instant[] = [];
    let before = this.standingAt(Number.NEGATIVE_INFINITY);
    for (const boundary of this.boundaries) {
      const after = this.standingAt(boundary);
      if (after !== before && !isSame(before, after)) turns.push(boundary);
      before = after;
    }
    return turns;
  }

  /** The first boundary after an instant. */
  boundaryAfter(instant: Instant): Instant | undefined {
    return this.boundaries[this.spanAt(instant)];
  }

  /** Whether an instant is one of the {@link boundaries}. */
  isBoundary(instant: Instant): boolean {
    return this.boundaries[this.spanAt(instant) - 1] === instant;
  }

  /** Number of boundaries that have passed: the same number, the same standing. */
  spanAt(at: Instant): number {
    let low = 0;
    let high = this.boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.boundaries[middle] ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Instants ascending, each once. */
export function ascending(instants: readonly Instant[]): readonly Instant[] {
  return [...new Set(instants)].sort((a, b) => a - b);
}
