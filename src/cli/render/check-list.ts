import type { CheckResult, Outcome } from "../doctor/check.ts";
import { type Screen, type Style, styled } from "../output/screen.ts";

const STYLES: Readonly<Record<Outcome, Style>> = { ok: "green", warn: "yellow", fail: "red", skip: "dim" };

/** Writes what checks found, a line for each, and below it what to do. */
export function writeChecks(screen: Screen, results: readonly CheckResult[]): void {
  const width = Math.max(0, ...results.map(({ check }) => check.length));
  for (const { outcome, check, seen, remedy } of results) {
    screen.line`${styled(STYLES[outcome], outcome.padEnd(4))}  ${check.padEnd(width)}  ${seen}`;
    if (remedy !== undefined) screen.line`      ${styled("bold", "What to do:")} ${remedy}`;
  }
}

/** How many ended how: "9 ok, 1 warn, 2 fail"; outcomes that no check had are left out. */
export function countOutcomes(results: readonly CheckResult[]): string {
  const counts = (["ok", "warn", "fail", "skip"] as const).map((outcome) => {
    return [outcome, results.filter((result) => result.outcome === outcome).length] as const;
  });
  return counts.flatMap(([outcome, count]) => (count === 0 ? [] : `${count} ${outcome}`)).join(", ");
}
