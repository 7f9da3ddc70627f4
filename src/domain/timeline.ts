/**
 * How an item stands over time. Between two instants of a timeline nothing about the item changes,
 * so that "what comes next" and "since when" are look-ups, not searches.
 */
import type { ItemStanding } from "./evaluation.ts";
import { hasEndedAt, type InstalledLicense, type Instant, runsAt } from "./license.ts";

/** Licenses by item, each list ascending by upload sequence: the order of the input does not matter (EV-3). */
export type LicensesByItem = ReadonlyMap<string, readonly InstalledLicense[]>;

/** Groups licenses by item. */
export function groupByItem(licenses: readonly InstalledLicense[]): LicensesByItem {
  const sorted = [...licenses].sort((a, b) => a.uploadSequence - b.uploadSequence);
  return Map.groupBy(sorted, (license) => license.item);
}

/**
 * The license that speaks for an item at an instant: of those that run the highest upload sequence
 * (LI-3); else the one that ended last; else the one that starts first, then the highest sequence
 * (LI-4).
 */
export function standingAt(item: string, licenses: readonly InstalledLicense[], at: Instant): ItemStanding {
  let running: InstalledLicense | undefined;
  let ended: InstalledLicense | undefined;
  for (const license of licenses) {
    if (runsAt(license, at)) running = license;
    else if (hasEndedAt(license, at) && (license.endsAt ?? 0) >= (ended?.endsAt ?? 0)) ended = license;
  }
  if (running !== undefined) return { item, situation: "RUNNING", license: running };
  if (ended !== undefined) return { item, situation: "EXPIRED", license: ended };
  const pending = firstToCome(licenses, at);
  if (pending !== undefined) return { item, situation: "PENDING", license: pending };
  return { item, situation: "NOT_LICENSED", license: undefined };
}

/** The license that starts next: the earliest start, then the highest upload sequence (LI-4). */
export function firstToCome(
  licenses: readonly InstalledLicense[],
  at: Instant,
): InstalledLicense | undefined {
  let first: InstalledLicense | undefined;
  for (const license of licenses) {
    if (license.startsAt <= at) continue;
    if (first === undefined || license.startsAt < first.startsAt) first = license;
    else if (license.startsAt === first.startsAt && license.uploadSequence > first.uploadSequence)
      first = license;
  }
  return first;
}

/** Every instant at which something about the licenses may change, ascending, each once. */
export function boundariesOf(licenses: readonly InstalledLicense[]): readonly Instant[] {
  const instants = licenses.flatMap(({ startsAt, endsAt }) =>
    endsAt === undefined ? [startsAt] : [startsAt, endsAt],
  );
  return [...new Set(instants)].sort((a, b) => a - b);
}
