import type { ReleaseReservationRequest, ReleaseReservationResponse } from "@license-service/contract";
import { reservationRefused } from "../quotas/quota-refusals.ts";
import type { QuotaContext } from "../quotas/reserve-quota.ts";
import type { UnaryHandler } from "./handler.ts";
import { readReservationId } from "./messages/usage.ts";

/** Gives back what the caller reserved or committed, whatever the licenses say (NS-1); once more: as the first time. */
export function createReleaseReservation({
  store,
  hub,
}: QuotaContext): UnaryHandler<ReleaseReservationRequest, ReleaseReservationResponse> {
  return async ({ reservationId }, { identity }) => {
    const usageRevision = await store.releaseReservation(readReservationId(reservationId), identity.name);
    if (usageRevision === undefined) throw reservationRefused("RESERVATION_UNKNOWN");
    hub.noteUsage();
    return { usageRevision };
  };
}
