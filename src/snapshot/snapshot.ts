import { evaluate } from "../domain/evaluate.ts";
import type { Evaluation } from "../domain/evaluation.ts";
import type { Instant } from "../domain/license.ts";
import { nextAlertChangeOf } from "./alerts-of-state.ts";
import type { LicenseState } from "./license-state.ts";

/** A snapshot as it goes over the wire, each message in its gRPC frame: encoded once and sent many times. */
export interface EncodedSnapshot {
  /** GetLicenseCapabilitiesResponse. */
  readonly capabilities: Uint8Array;
  /** WatchLicenseCapabilitiesResponse around it. */
  readonly watch: Uint8Array;
}

/** What the service answers from: one state of the store, evaluated. */
export interface Snapshot {
  readonly state: LicenseState;
  readonly evaluation: Evaluation;
  /** Since when the database cannot be reached; `undefined`: it can. */
  readonly staleSince: Instant | undefined;
  readonly encoded: EncodedSnapshot;
}

/** The part of a {@link Snapshot} that is encoded. */
export type SnapshotContent = Omit<Snapshot, "encoded">;

/** Evaluates a state at an instant. */
export function evaluateState(state: LicenseState, at: Instant): Evaluation {
  return evaluate(state.profile, state, at);
}

/**
 * The next instant after an evaluation's at which anything that it tells, or an alert beside it, may
 * change. Finer than `nextChangeAt`, which is about capabilities only: a license or a service may end and
 * a reminder may begin without any of them.
 */
export function nextStandingChange(
  state: LicenseState,
  { at, nextChangeAt }: Evaluation,
): Instant | undefined {
  const ofAlerts = nextAlertChangeOf(state, at);
  if (ofAlerts === undefined || nextChangeAt === undefined) return ofAlerts ?? nextChangeAt;
  return Math.min(ofAlerts, nextChangeAt);
}
