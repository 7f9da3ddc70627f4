/** What differs between two evaluations: the answer of a dry run, an upload, a deletion. */
import { isSameOutcome } from "./decision.ts";
import type { Evaluation, Outcome } from "./evaluation.ts";

/** A capability whose outcome differs. */
export interface CapabilityChange {
  readonly key: string;
  readonly before: Outcome;
  readonly after: Outcome;
}

/** A meter whose limit differs; `undefined`: unlimited. */
export interface QuotaChange {
  readonly key: string;
  readonly limitBefore: bigint | undefined;
  readonly limitAfter: bigint | undefined;
}

/** What differs, each list ascending. */
export interface EvaluationDifference {
  readonly capabilities: readonly CapabilityChange[];
  readonly quotas: readonly QuotaChange[];
  /** Licenses that ran and decided before, and still run but no longer decide. */
  readonly replacedLicenseIds: readonly string[];
}

/** Compares two evaluations of one profile at one instant. */
export function compareEvaluations(before: Evaluation, after: Evaluation): EvaluationDifference {
  return {
    capabilities: pairs(before.capabilities, after.capabilities).flatMap(([a, b]) =>
      isSameOutcome(a, b) ? [] : [{ key: a.key, before: a, after: b }],
    ),
    quotas: pairs(before.meters, after.meters).flatMap(([a, b]) =>
      a.limit === b.limit ? [] : [{ key: a.key, limitBefore: a.limit, limitAfter: b.limit }],
    ),
    replacedLicenseIds: replacedBetween(before, after),
  };
}

/** Two lists of things with keys, matched by key. */
function pairs<T extends { readonly key: string }>(before: readonly T[], after: readonly T[]): Array<[T, T]> {
  const byKey = new Map(after.map((entry) => [entry.key, entry]));
  return before.map((entry) => [entry, byKey.get(entry.key) ?? entry]);
}

function replacedBetween(before: Evaluation, after: Evaluation): readonly string[] {
  const decided = new Set(
    before.licenses.filter(({ status }) => status === "VALID").map(({ license }) => license.id),
  );
  const replaced = after.licenses.filter(
    ({ status, license }) => status === "REPLACED" && decided.has(license.id),
  );
  return replaced.map(({ license }) => license.id).sort();
}
