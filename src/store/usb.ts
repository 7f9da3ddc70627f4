import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { inDatabase } from "./database-errors.ts";
import { present, REVISION_CHANNEL, type RevisionColumns } from "./revisions.ts";
import { toInstant, toSafeInteger } from "./values.ts";

/** A node as the state of USB keys looks at it; times are the database's. */
export interface UsbNodeRow {
  readonly id: string;
  readonly heartbeatAt: Instant;
  /** What it saw last, as it signed it; `undefined`: it never said. */
  readonly sight: string | undefined;
}

/** Everything that is stored of USB keys beside the licenses, read at one instant of the database's clock. */
export interface UsbReading {
  readonly databaseNow: Instant;
  /** The signed state; `undefined`: no node has started yet, or somebody took it away. */
  readonly state: string | undefined;
  /** Number of the latest scan that every node is asked for. */
  readonly scanRequest: number;
  /** In no order. */
  readonly nodes: readonly UsbNodeRow[];
}

/**
 * Reads what is stored of USB keys.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function readUsb(knex: Knex): Promise<UsbReading> {
  return inDatabase(() => readUsbRows(knex));
}

/** As {@link readUsb}, within a transaction that converts its errors itself. */
export async function readUsbRows(knex: Knex): Promise<UsbReading> {
  const { rows } = await knex.raw<{ rows: UsbColumns[] }>(READ);
  const { database_now, state, scan_request } = present(rows[0]);
  return {
    databaseNow: toInstant(database_now),
    state: state ?? undefined,
    scanRequest: toSafeInteger(scan_request ?? "0"),
    nodes: rows.flatMap((row) => (row.id === null ? [] : toNode(row))),
  };
}

/**
 * Writes what a node saw, as it signed it. Raises no revision.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function writeSight(knex: Knex, nodeId: string, document: string): Promise<void> {
  return inDatabase(async () => {
    await knex("usb_sights").insert({ node_id: nodeId, document }).onConflict("node_id").merge();
  });
}

/**
 * Asks every node to look at its ports.
 *
 * @returns the number of the request.
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function requestUsbScan(knex: Knex): Promise<number> {
  return inDatabase(() =>
    knex.transaction(async (trx) => {
      const rows: { latest: string }[] = await trx("usb_scan_requests")
        .increment("latest")
        .returning("latest");
      const store = present(await trx("store").first<RevisionColumns>("store_id", "epoch", "revision"));
      // A hint without a new revision: who listens reads anew, and sees the request.
      await trx.raw("select pg_notify(?, ?)", [
        REVISION_CHANNEL,
        `${store.store_id} ${store.epoch} ${store.revision}`,
      ]);
      return toSafeInteger(present(rows[0]).latest);
    }),
  );
}

/** Replaces the signed state. A row that somebody took away is made again. */
export async function writeUsbState(trx: Knex.Transaction, document: string): Promise<void> {
  await trx("usb_state").insert({ document }).onConflict("is_only").merge();
}

/** The signed state; `undefined`: see {@link UsbReading.state}. */
export async function readUsbState(trx: Knex.Transaction): Promise<string | undefined> {
  const row = await trx("usb_state").first<{ readonly document: string | null } | undefined>("document");
  return row?.document ?? undefined;
}

// The row of the clock is there also when no node is.
const READ = `
  select n.id, n.heartbeat_at, s.document as sight,
    (select document from usb_state) as state,
    (select latest from usb_scan_requests) as scan_request,
    date_trunc('milliseconds', clock_timestamp()) as database_now
  from (select) clock left join nodes n on true left join usb_sights s on s.node_id = n.id`;

interface Shared {
  readonly state: string | null;
  readonly scan_request: string | null;
  readonly database_now: Date;
}

interface NodeColumns extends Shared {
  readonly id: string;
  readonly heartbeat_at: Date;
  readonly sight: string | null;
}

type UsbColumns = NodeColumns | (Shared & { readonly id: null });

function toNode(row: NodeColumns): UsbNodeRow {
  return {
    id: row.id,
    heartbeatAt: toInstant(row.heartbeat_at),
    sight: row.sight ?? undefined,
  };
}
