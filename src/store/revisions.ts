import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import type { Revision } from "./types.ts";
import { toSafeInteger } from "./values.ts";

/** The counters that a poll looks at. */
export interface StoreRevisions {
  readonly revision: Revision;
  /** Names the state that the revision counts; see {@link RevisionMark}. */
  readonly revisionId: string;
  /** Raised with every change of tokens: read them anew. Says nothing across stores or epochs. */
  readonly tokenRevision: bigint;
  /** Raised with every change of usage. */
  readonly usageRevision: bigint;
  /** A lease has ended whose amounts nobody gave back yet. */
  readonly isLeaseDue: boolean;
  /** Number of the latest scan of USB ports that every node is asked for. */
  readonly usbScanRequest: number;
}

/** The columns of a {@link Revision}; bigint columns come as text. */
export interface RevisionColumns {
  readonly store_id: string;
  readonly epoch: string;
  readonly revision: string;
}

/** Name of the channel on which every commit is announced: `<store id> <epoch> <revision>`. */
export const REVISION_CHANNEL = "license_revision";

/**
 * Reads the counters: three rows by one statement.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function readRevisions(knex: Knex): Promise<StoreRevisions> {
  return inDatabase(async () => {
    const row = await knex("store")
      .crossJoin(knex.raw("quota_totals as usage"))
      .leftJoin("usb_scan_requests as scans", knex.raw("true"))
      .first<CounterColumns>(
        "store.store_id",
        "store.epoch",
        "store.revision",
        "store.revision_id",
        "store.token_revision",
        "usage.revision as usage_revision",
        "scans.latest as scan_request",
        knex.raw("coalesce(usage.next_end_at <= clock_timestamp(), false) as is_lease_due"),
      )
      .then(present);
    return {
      revision: toRevision(row),
      revisionId: row.revision_id,
      tokenRevision: BigInt(row.token_revision),
      usageRevision: BigInt(row.usage_revision),
      isLeaseDue: row.is_lease_due,
      usbScanRequest: toSafeInteger(row.scan_request ?? "0"),
    };
  });
}

interface CounterColumns extends RevisionColumns {
  readonly revision_id: string;
  readonly token_revision: string;
  readonly usage_revision: string;
  readonly is_lease_due: boolean;
  readonly scan_request: string | null;
}

/** The revision in a row of `store`. */
export function toRevision(row: RevisionColumns): Revision {
  return { storeId: row.store_id, epoch: BigInt(row.epoch), revision: BigInt(row.revision) };
}

/** A row that the schema promises. */
export function present<T>(row: T | undefined): T {
  if (row === undefined) throw new Error("a row that the schema promises is missing");
  return row;
}
