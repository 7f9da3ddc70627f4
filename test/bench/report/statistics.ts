/** A share of sorted numbers lies at or below this one: 0.5 is the median, 1 the largest. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Median, 99th percentile and largest. */
export interface Spread {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The spread of numbers in any order. */
export function spreadOf(values: Iterable<number>): Spread {
  const sorted = ascending(values);
  return {
    n: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  };
}

/** The middle one; of an even number the lower of the two in the middle. */
export function median(values: Iterable<number>): number {
  return percentile(ascending(values), 0.5);
}

function ascending(values: Iterable<number>): number[] {
  return [...values].sort((a, b) => a - b);
}
