/**
 * Whether the database is the one that this node knows, or an older state of it that was restored. A node
 * remembers the last state that it saw; a database whose past does not hold that state was restored, and
 * its epoch is raised, once, by the node that notices first (docs/adr/0008-epochs.md).
 */
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { ServiceError } from "../errors.ts";
import { inDatabase } from "./database-errors.ts";
import { present, REVISION_CHANNEL, type RevisionColumns } from "./revisions.ts";
import type { RevisionMark } from "./types.ts";

/** What a node knows of the past of its store. */
export interface Lineage {
  readonly node: { readonly id: string; readonly name: string };
  /** The last state that the node saw; `undefined`: it has seen none. */
  current(): RevisionMark | undefined;
  /** Remembers a state, on disk where that is possible. Never rejects. */
  keep(mark: RevisionMark): Promise<void>;
}

/** The columns of `store` that a lineage is compared by. */
export const LINEAGE_COLUMNS = ["store_id", "epoch", "revision", "revision_id"] as const;

/** The row of `store` as far as {@link LINEAGE_COLUMNS} go. */
export type LineageRow = RevisionColumns & { readonly revision_id: string };

/** How a database stands to what a node has seen. */
export type Standing = "known" | "restored" | "other store";

/** Compares the row of `store` with what the node saw last. */
export async function standingOf(
  knex: Knex,
  row: LineageRow,
  seen: RevisionMark | undefined,
): Promise<Standing> {
  if (seen === undefined || seen.id === row.revision_id) return "known";
  if (seen.storeId !== row.store_id) return "other store";
  // Raised already, by another node or by an earlier process of this one.
  if (BigInt(row.epoch) > seen.epoch) return "known";
  const past = await knex("revisions").first("id").where({ id: seen.id });
  return past === undefined ? "restored" : "known";
}

/**
 * Raises the epoch of a restored database, unless another node has done so meanwhile.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE, also for a database that takes no writes.
 */
export function raiseEpoch(knex: Knex, lineage: Lineage): Promise<void> {
  return inDatabase(() => knex.transaction((trx) => raiseIfRestored(trx, lineage)));
}

/** As {@link raiseEpoch}, within a transaction; holds the lock of the `store` row afterwards. */
export async function raiseIfRestored(trx: Knex.Transaction, lineage: Lineage): Promise<void> {
  const row = present(
    await trx("store")
      .first<LineageRow>(...LINEAGE_COLUMNS)
      .forUpdate(),
  );
  const seen = lineage.current();
  const standing = await standingOf(trx, row, seen);
  if (standing === "other store") throw otherStore();
  if (standing === "known" || seen === undefined) return;
  // The backup may be older than this node's joining.
  await trx("nodes").insert({ id: lineage.node.id, name: lineage.node.name }).onConflict("id").ignore();
  const epoch = seen.epoch + 1n;
  const id = randomUUID();
  await trx("store").update({ epoch: epoch.toString(), revision_id: id });
  await trx("revisions").insert({ id, epoch: epoch.toString(), revision: row.revision });
  await trx("epochs").insert({
    epoch: epoch.toString(),
    raised_by_node_id: lineage.node.id,
    found_epoch: row.epoch,
    found_revision: row.revision,
    seen_epoch: seen.epoch.toString(),
    seen_revision: seen.revision.toString(),
  });
  await trx.raw("select pg_notify(?, ?)", [REVISION_CHANNEL, `${row.store_id} ${epoch} ${row.revision}`]);
}

/** The refusal of a database that is another store than the one this node serves. */
export function otherStore(): ServiceError {
  return new ServiceError(
    "DATABASE_UNAVAILABLE",
    "The database is not the one that this node serves; nothing was changed. Its operator finds more in the log.",
    {
      retryAfterMs: 10_000,
      cause: new Error("DATABASE_URL leads to another store than the one that this node has served so far"),
    },
  );
}

/** A node that remembers nothing: for tools and tests that look at a store once. */
export function withoutMemory(node: Lineage["node"]): Lineage {
  return { node, current: () => undefined, keep: async () => undefined };
}
