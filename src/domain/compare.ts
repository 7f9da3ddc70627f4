/** What differs between two evaluations: the answer of a dry run, an upload, a deletion. */
import type { DomainAlert } from "./alerts.ts";
import { isSameOutcome } from "./decision.ts";
import type { Evaluation, MeterReading, Outcome } from "./evaluation.ts";
import { isSameReading } from "./meters.ts";

/** A capability whose outcome differs. */
export interface CapabilityChange {
  readonly key: string;
  readonly before: Outcome;
  readonly after: Outcome;
}

/** A meter whose limit, use or "over" differs. A change of limits can move use between meters (ZC-PL-4). */
export interface QuotaChange {
  readonly key: string;
  /** `undefined`: unlimited. */
  readonly limitBefore: bigint | undefined;
  /** `undefined`: unlimited. */
  readonly limitAfter: bigint | undefined;
  readonly usedBefore: bigint;
  readonly usedAfter: bigint;
  readonly overBefore: boolean;
  readonly overAfter: boolean;
  /** By how much more is in use than is allowed, after; 0: it is not over. */
  readonly overBy: bigint;
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
      isSameReading(a, b) ? [] : [quotaChange(a, b)],
    ),
    replacedLicenseIds: replacedBetween(before, after),
  };
}

function quotaChange(before: MeterReading, after: MeterReading): QuotaChange {
  return {
    key: before.key,
    limitBefore: before.limit,
    limitAfter: after.limit,
    usedBefore: before.used,
    usedAfter: after.used,
    overBefore: before.over,
    overAfter: after.over,
    overBy: after.over ? after.used - (after.limit ?? after.used) : 0n,
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

/** Alerts that begin to stand, and those that stand no longer; each in the order in which it was given. */
export interface AlertDifference {
  readonly started: readonly DomainAlert[];
  readonly stopped: readonly DomainAlert[];
}

/** Compares what stands before and after; kind and subject tell one alert from another. */
export function compareAlerts(
  before: readonly DomainAlert[],
  after: readonly DomainAlert[],
): AlertDifference {
  return { started: alertsWithout(after, before), stopped: alertsWithout(before, after) };
}

function alertsWithout(
  alerts: readonly DomainAlert[],
  others: readonly DomainAlert[],
): readonly DomainAlert[] {
  const nameOf = ({ kind, subject }: DomainAlert) => `${kind} ${subject}`;
  const known = new Set(others.map(nameOf));
  return alerts.filter((alert) => !known.has(nameOf(alert)));
}
