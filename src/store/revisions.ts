import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import type { Revision } from "./types.ts";

/** The counters that a poll looks at. */
export interface StoreRevisions {
  readonly revision: Revision;
  /** Names the state that the revision counts; see {@link RevisionMark}. */
  readonly revisionId: string;
  /** Raised with every change of tokens: read them anew. Says nothing across stores or epochs. */
  readonly tokenRevision: bigint;
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
 * Reads the counters: one row by one statement.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function readRevisions(knex: Knex): Promise<StoreRevisions> {
  return inDatabase(async () => {
    const row = await knex("store")
      .first<RevisionColumns & { revision_id: string; token_revision: string }>(
        "store_id",
        "epoch",
        "revision",
        "revision_id",
        "token_revision",
      )
      .then(present);
    return {
      revision: toRevision(row),
      revisionId: row.revision_id,
      tokenRevision: BigInt(row.token_revision),
    };
  });
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
