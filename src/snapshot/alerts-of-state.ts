/**
 * The alerts of a verified state at an instant. They are worked out when somebody asks, not with every
 * snapshot: callers who ask what they may do need none of them.
 */
import { alertsAt } from "../domain/alerts.ts";
import type { Instant } from "../domain/license.ts";
import { nextAlertChangeAt } from "../domain/next-alert-change.ts";
import { PUT_OFF_MS, putOffUntil } from "../domain/put-off.ts";
import type { Alert } from "./alert.ts";
import type { LicenseState } from "./license-state.ts";

interface KnownAlerts {
  readonly alerts: readonly Alert[];
  readonly from: Instant;
  /** `undefined`: time alone changes nothing. */
  readonly until: Instant | undefined;
}

const KNOWN = new WeakMap<LicenseState, KnownAlerts>();

/**
 * Every alert that stands at an instant: those of the rows, then those of licenses and usage. Asked again
 * before the next change it answers from memory.
 */
export function alertsOfState(state: LicenseState, at: Instant): readonly Alert[] {
  const known = KNOWN.get(state);
  if (known !== undefined && known.from <= at && at < (known.until ?? Number.POSITIVE_INFINITY)) {
    return known.alerts;
  }
  const ofLicenses = alertsAt(state.profile, state, at).map((alert): Alert => {
    const until = putOffUntil(alert, state.putOffs, at);
    return until === undefined ? alert : { ...alert, putOffUntil: until };
  });
  const alerts = [...state.alerts, ...ofLicenses];
  KNOWN.set(state, { alerts, from: at, until: nextAlertChangeOf(state, at) });
  return alerts;
}

/** The next instant after `at` at which time alone may change the alerts of a state; `undefined`: none. */
export function nextAlertChangeOf(state: LicenseState, at: Instant): Instant | undefined {
  const putOffs = state.putOffs.flatMap(({ putOffAt }) => [putOffAt, putOffAt + PUT_OFF_MS]);
  const ofLicenses = nextAlertChangeAt(state.profile, state, at) ?? Number.POSITIVE_INFINITY;
  const next = Math.min(ofLicenses, ...putOffs.filter((instant) => instant > at));
  return Number.isFinite(next) ? next : undefined;
}

/** Whether somebody is to be told of an alert: one that was put off is silent. */
export function isLoud({ putOffUntil: until }: Alert): boolean {
  return until === undefined;
}
