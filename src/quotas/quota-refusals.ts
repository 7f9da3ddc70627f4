/** Refusals of QuotaService, in words and metadata. */
import { ServiceError } from "../errors.ts";
import type { Amount } from "../store/quotas.ts";
import type { Obstacle } from "./judge-reservation.ts";

/** A meter as a refusal shows it. */
interface ExceededMeter {
  readonly meter: string;
  readonly limit: bigint;
  readonly used: bigint;
}

/** The licenses do not allow so much more. */
export function quotaExceeded(
  { meter, limit, used }: ExceededMeter,
  amounts: readonly Amount[],
): ServiceError {
  const available = used < limit ? limit - used : 0n;
  const asked = amounts.find((one) => one.meter === meter)?.amount;
  const numbers = { limit, used, available, ...(asked === undefined ? {} : { requested: asked }) };
  return new ServiceError(
    "QUOTA_EXCEEDED",
    `Of ${meter} the licenses allow ${limit}, and ${used} ${used === 1n ? "is" : "are"} in use: nothing was reserved. Release some, or upload a license with a larger quota.`,
    { metadata: { meter, ...texts(numbers) } },
  );
}

/** Nothing may be created with a meter: it lies over quota, or the licenses do not allow it at all (EV-7). */
export function createNotAllowed(
  { meter, capability, over }: Obstacle,
  amounts: readonly Amount[],
): ServiceError {
  if (over?.limit !== undefined) {
    return quotaExceeded({ meter: over.key, limit: over.limit, used: over.used }, amounts);
  }
  const why =
    capability === undefined ? "" : `: ${capability.key} is ${capability.state}, ${capability.reason}`;
  return new ServiceError(
    "CREATE_NOT_ALLOWED",
    `No capability with the meter ${meter} allows to create anything now${why}. ExplainCapability says what would change it.`,
    {
      metadata: {
        meter,
        ...(capability === undefined
          ? {}
          : { capability: capability.key, capability_reason: capability.reason }),
      },
    },
  );
}

/** The key names another request of this caller. */
export function keyReused(): ServiceError {
  const description = "was used for a reservation of other amounts, lease or resource";
  return new ServiceError(
    "IDEMPOTENCY_KEY_REUSED",
    `idempotency_key ${description}. Make a new key for each reservation, and repeat it only with the very same request.`,
    { fields: [{ field: "idempotency_key", description }] },
  );
}

/** Why a reservation cannot be committed or released. */
export function reservationRefused(
  reason: "RESERVATION_UNKNOWN" | "RESERVATION_RELEASED" | "LEASE_ENDED",
): ServiceError {
  return new ServiceError(reason, MESSAGES[reason]);
}

const MESSAGES = {
  RESERVATION_UNKNOWN: "The caller has no such reservation.",
  RESERVATION_RELEASED:
    "The reservation was released before it was committed. Reserve again, with a new key.",
  LEASE_ENDED:
    "The lease ended before the reservation was committed, and what it held was given back. Reserve again, with a new key.",
} as const;

function texts(numbers: Readonly<Record<string, bigint>>): Record<string, string> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, value.toString()]));
}
