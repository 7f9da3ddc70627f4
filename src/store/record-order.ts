import type { Instant } from "../domain/license.ts";

/** What records can be ordered by (AP-3). */
export const RECORD_SORTS = ["issued", "expired", "uploaded"] as const;

/** Directions of an order. The descending order is exactly the reverse of the ascending one. */
export const SORT_DIRECTIONS = ["ascending", "descending"] as const;

/** An order of records: by an instant, then by id. No end comes after every end. */
export interface RecordOrder {
  readonly sortBy: (typeof RECORD_SORTS)[number];
  readonly direction: (typeof SORT_DIRECTIONS)[number];
}

/** The order of those who ask for none (AP-3). */
export const DEFAULT_RECORD_ORDER: RecordOrder = { sortBy: "uploaded", direction: "descending" };

/** Where a record stands in an order; `at` undefined: no end. */
export interface RecordPosition {
  readonly at: Instant | undefined;
  readonly id: string;
}

/** An order in SQL; every `sortKey` has its index, spelled the same way. */
export interface RecordOrderSql {
  readonly sortKey: string;
  readonly direction: "asc" | "desc";
  /** Compares a row with a position before it. */
  readonly isAfter: ">" | "<";
}

const SORT_KEYS = {
  issued: "issued_at",
  expired: "coalesce(ends_at, timestamptz 'infinity')",
  uploaded: "uploaded_at",
} as const;

/** The order in SQL. */
export function toOrderSql(order: RecordOrder): RecordOrderSql {
  const sortKey = SORT_KEYS[order.sortBy];
  return order.direction === "ascending"
    ? { sortKey, direction: "asc", isAfter: ">" }
    : { sortKey, direction: "desc", isAfter: "<" };
}
