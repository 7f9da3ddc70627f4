import type { ReserveQuotaRequest, ReserveQuotaResponse } from "@license-service/contract";
import { type QuotaContext, reserveQuota } from "../quotas/reserve-quota.ts";
import type { ReservationRequest } from "../store/quotas.ts";
import type { UnaryHandler } from "./handler.ts";
import { invalidRequest, toDate } from "./messages/instants.ts";
import { readAmounts, toReservedAmounts } from "./messages/usage.ts";

const DEFAULT_LEASE_MS = 60_000;
const MIN_LEASE_MS = 1_000;
const MAX_LEASE_MS = 3_600_000;

/** Takes amounts of meters for the time of a lease, all or nothing; a repeated request is answered as the first time. */
export function createReserveQuota(
  context: QuotaContext,
): UnaryHandler<ReserveQuotaRequest, ReserveQuotaResponse> {
  return async (request, { identity }) => {
    const reservation = readReservation(request, identity.name, context);
    const { storeId } = context.hub.current().state.revision;
    const reserved = await reserveQuota(context, reservation);
    return {
      reservationId: reserved.id,
      expireTime: toDate(reserved.expiresAt),
      amounts: toReservedAmounts(reservation.amounts, reserved),
      usageRevision: reserved.usageRevision,
      revision: { storeId, epoch: reserved.epoch, revision: reserved.revision },
    };
  };
}

function readReservation(
  { amounts, lease, idempotencyKey, resourceId }: ReserveQuotaRequest,
  reporter: string,
  { hub }: QuotaContext,
): ReservationRequest {
  return {
    reporter,
    amounts: readAmounts({ field: "amounts", least: 1n }, amounts, hub.evaluation().meters),
    leaseMs: readLease(lease),
    idempotencyKey: readText("idempotency_key", idempotencyKey, { least: 1, most: 128 }),
    resourceId: readText("resource_id", resourceId, { least: 0, most: 256 }),
  };
}

/** Whole milliseconds; a fraction of one is cut. */
function readLease(lease: ReserveQuotaRequest["lease"]): number {
  if (lease === undefined) return DEFAULT_LEASE_MS;
  const leaseMs = Number(lease.seconds) * 1_000 + Math.floor(lease.nanos / 1_000_000);
  const isDuration = lease.nanos >= 0 && lease.nanos < 1_000_000_000;
  if (isDuration && leaseMs >= MIN_LEASE_MS && leaseMs <= MAX_LEASE_MS) return leaseMs;
  throw invalidRequest("lease", "is not from 1 s to 1 h");
}

/** No control, format, surrogate or separator characters: it stands in lists and on terminals (threat 27). */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

function readText(field: string, text: string, { least, most }: { least: number; most: number }): string {
  // A character is a code point, and takes two units at most.
  const length = text.length > 2 * most ? text.length : [...text].length;
  if (length >= least && length <= most && !UNPRINTABLE.test(text)) return text;
  throw invalidRequest(field, `is not ${least} to ${most} printable characters`);
}
