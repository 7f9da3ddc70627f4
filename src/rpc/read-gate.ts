/** What all reads share: waiting for a revision, and telling a caller that its answer still holds. */
import type { Revision } from "@license-service/contract";
import type { Clock } from "../clock.ts";
import type { Evaluation } from "../domain/evaluation.ts";
import type { Instant } from "../domain/license.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import { isReached, reachRevision } from "../snapshot/reach-revision.ts";
import { isSameRevision } from "../snapshot/revision.ts";
import { evaluateState } from "../snapshot/snapshot.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { Timers } from "../snapshot/timers.ts";
import type { RpcContext } from "./handler.ts";
import { invalidRequest, readInstant } from "./messages/instants.ts";

/** What reads are answered from: memory. */
export interface ReadSources {
  readonly hub: SnapshotHub;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** The answer that a caller has. Both or nothing: one alone says too little. */
export interface KnownAnswer {
  readonly knownRevision?: Revision | undefined;
  readonly knownEvaluatedAt?: Date | undefined;
}

/** Nodes know usage alike after this long, as long as they reach the database. */
const USAGE_LAG_MS = 10_000;

/** Answers once the wanted revision is there; without a promise when there is nothing to wait for. */
export function atRevision<T>(
  { hub, timers }: ReadSources,
  wanted: Revision | undefined,
  context: RpcContext,
  answer: () => T | Promise<T>,
): T | Promise<T> {
  if (wanted === undefined) return answer();
  if (wanted.storeId === "") {
    throw invalidRequest("min_revision.store_id", "is empty; send a revision as it was answered");
  }
  if (isReached(hub.current().state.revision, wanted)) return answer();
  return reachRevision(hub, timers, wanted, context.signal).then(answer);
}

/**
 * Whether the caller's answer still holds at an instant: it is of the same revision, and nothing changes
 * between the two instants.
 *
 * @param nextChange the next instant after an evaluation's at which such an answer changes
 */
export function stillHolds(
  hub: SnapshotHub,
  { knownRevision, knownEvaluatedAt }: KnownAnswer,
  at: Instant,
  nextChange: (state: LicenseState, evaluation: Evaluation) => Instant | undefined,
): boolean {
  const knownAt = readInstant("known_evaluated_at", knownEvaluatedAt);
  if (knownRevision === undefined || knownAt === undefined) return false;
  const { state } = hub.current();
  if (hub.wasEditedByHand || !isSameRevision(state.revision, knownRevision)) return false;
  // The revision says nothing of usage; the caller's answer may be of a node that reads it somewhat later.
  if (hub.usageMovedAt !== undefined && knownAt < hub.usageMovedAt + USAGE_LAG_MS) return false;
  const from = Math.min(knownAt, at);
  const ofNow = hub.evaluation();
  const afterNow = nextChange(state, ofNow);
  const isOfNow = ofNow.at <= from && (afterNow === undefined || from < afterNow);
  const next = isOfNow ? afterNow : nextChange(state, evaluateState(state, from));
  return next === undefined || next > Math.max(knownAt, at);
}
