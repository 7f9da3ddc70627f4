import type { CommitReservationRequest, CommitReservationResponse } from "@license-service/contract";
import { reservationRefused } from "../quotas/quota-refusals.ts";
import type { QuotaContext } from "../quotas/reserve-quota.ts";
import type { UnaryHandler } from "./handler.ts";
import { toDate } from "./messages/instants.ts";
import { readReservationId } from "./messages/usage.ts";

/** Turns a lease of the caller into use that lasts; once more: as the first time. */
export function createCommitReservation({
  store,
  hub,
}: QuotaContext): UnaryHandler<CommitReservationRequest, CommitReservationResponse> {
  return async ({ reservationId }, { identity }) => {
    const committed = await store.commitReservation(readReservationId(reservationId), identity.name);
    hub.noteUsage();
    if (committed.outcome !== "COMMITTED") throw reservationRefused(committed.outcome);
    return { usageRevision: committed.usageRevision, commitTime: toDate(committed.committedAt) };
  };
}
