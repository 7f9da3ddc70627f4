/** Amounts of meters and reservations, as requests name them and answers carry them. */
import * as contract from "@license-service/contract";
import type { MeterReading } from "../../domain/evaluation.ts";
import { ServiceError } from "../../errors.ts";
import { outsideText } from "../../license-file/outside-text.ts";
import type { Amount, Reserved } from "../../store/quotas.ts";
import type { LeaseRow, ReportRow } from "../../store/usage-list.ts";
import { invalidRequest, toDate, toOptionalDate } from "./instants.ts";

/** The field that a request names its amounts in, and the least that is one. */
export interface AmountsField {
  readonly field: "amounts" | "usages";
  readonly least: bigint;
}

/**
 * The amounts that a request names, ascending by meter.
 *
 * @throws ServiceError UNKNOWN_METER; INVALID_REQUEST for none, too small ones, and a meter named twice.
 */
export function readAmounts(
  { field, least }: AmountsField,
  amounts: readonly Amount[],
  meters: readonly MeterReading[],
): readonly Amount[] {
  if (amounts.length === 0) throw invalidRequest(field, "names no meter");
  const seen = new Set<string>();
  for (const [i, { meter, amount }] of amounts.entries()) {
    requireMeter(`${field}[${i}].meter`, meter, meters);
    if (seen.has(meter)) throw invalidRequest(`${field}[${i}].meter`, "is named twice");
    if (amount < least) throw invalidRequest(`${field}[${i}].amount`, `is less than ${least}`);
    seen.add(meter);
  }
  return amounts.map(({ meter, amount }) => ({ meter, amount })).sort((a, b) => (a.meter < b.meter ? -1 : 1));
}

/** @throws ServiceError UNKNOWN_METER when the product has no such meter. */
export function requireMeter(field: string, key: string, meters: readonly MeterReading[]): void {
  if (meters.some((meter) => meter.key === key)) return;
  const description = `is no meter of the product: "${outsideText(key, 60)}"`;
  throw new ServiceError("UNKNOWN_METER", `${field} ${description}. ListUsage names them all.`, {
    fields: [{ field, description }],
  });
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws ServiceError INVALID_REQUEST when it is no UUID. */
export function readReservationId(id: string): string {
  if (!UUID.test(id))
    throw invalidRequest("reservation_id", "is not a UUID; send it as ReserveQuota answered it");
  return id.toLowerCase();
}

/** What was reserved, with what each amount counts in (ZC-PL-4). */
export function toReservedAmounts(
  amounts: readonly Amount[],
  { draws }: Pick<Reserved, "draws">,
): contract.ReservedAmount[] {
  return amounts.map(({ meter, amount }) => {
    const moved = draws.get(meter) ?? [];
    const own = moved.reduce((rest, one) => rest - one.amount, amount);
    const all = own > 0n ? [{ meter, amount: own }, ...moved] : moved;
    return {
      meter,
      amount,
      draws: all.map((one) => ({ ...one })).sort((a, b) => (a.meter < b.meter ? -1 : 1)),
    };
  });
}

/** What a reporter said of a meter. */
export function toReportedUsage(row: ReportRow): contract.ReportedUsage {
  return {
    reporter: row.reporter,
    meter: row.meter,
    amount: row.amount,
    reportTime: toOptionalDate(row.reportedAt),
    stale: row.isStale,
    committed: toCount(row.committed),
    released: toCount(row.released),
  };
}

/** A reservation whose lease runs. */
export function toReservation(row: LeaseRow): contract.Reservation {
  return {
    id: row.id,
    reporter: row.reporter,
    resourceId: row.resourceId,
    state: contract.ReservationState.LEASED,
    amounts: row.amounts.map((amount) => ({ ...amount })),
    reserveTime: toDate(row.reservedAt),
    expireTime: toDate(row.expiresAt),
  };
}

const MOST_COUNT = 2n ** 64n - 1n;

/** A sum of many 64-bit amounts, in 64 bits. */
function toCount(count: bigint): bigint {
  return count > MOST_COUNT ? MOST_COUNT : count;
}
