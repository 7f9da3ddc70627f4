import { evaluate } from "../domain/evaluate.ts";
import type { Evaluation } from "../domain/evaluation.ts";
import type { Instant } from "../domain/license.ts";
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
export function evaluateState({ profile, licenses, facts }: LicenseState, at: Instant): Evaluation {
  return evaluate(profile, licenses, facts, at);
}

/**
 * The next instant after `at` at which anything that evaluation tells may change. Finer than
 * `nextChangeAt`, which is about capabilities only: the standing of a license or of a service may
 * change without any of them.
 */
export function nextStandingChange(state: LicenseState, evaluation: Evaluation): Instant | undefined {
  const edges = state.licenses.flatMap(({ startsAt, endsAt, serviceEndsAt }) => [
    startsAt,
    endsAt,
    serviceEndsAt,
  ]);
  const later = [...edges, evaluation.nextChangeAt].filter(
    (edge) => edge !== undefined && edge > evaluation.at,
  );
  return later.length === 0 ? undefined : Math.min(...(later as Instant[]));
}
