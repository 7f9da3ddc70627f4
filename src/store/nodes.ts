import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { inDatabase } from "./database-errors.ts";
import { present } from "./revisions.ts";
import { toInstant, toOptionalInstant } from "./values.ts";

/** What a node says of itself. */
export interface NodeIdentity {
  /** UUID of its data directory. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Of the program that it runs; empty: not known. */
  readonly version: string;
}

/** A management node as its row tells it; times are the database's. */
export interface NodeRow extends NodeIdentity {
  readonly joinedAt: Instant;
  readonly heartbeatAt: Instant;
  /** It made the platform. */
  readonly isPrimary: boolean;
}

/** All nodes, read at one instant of the database's clock. */
export interface NodesReading {
  readonly databaseNow: Instant;
  /** In no order. */
  readonly nodes: readonly NodeRow[];
}

/** What a heartbeat brings back. */
export interface Beat extends NodesReading {
  /** Heartbeat that stood in this node's row before; `undefined`: there was no row. */
  readonly replacedHeartbeatAt: Instant | undefined;
}

/** Registers this node, or gives it its new name and version. Its times are by the database's clock (UK-BU-9). */
export async function registerNode(
  knex: Knex,
  node: Omit<NodeIdentity, "version"> & Partial<NodeIdentity>,
): Promise<void> {
  await beatNode(knex, { version: "", ...node });
}

/**
 * Renews the heartbeat of a node and reads all of them, in one round trip. A row that is missing, as in a
 * restored database, is made again.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function beatNode(knex: Knex, { id, name, version }: NodeIdentity): Promise<Beat> {
  return inDatabase(async () => {
    const { rows } = await knex.raw<{ rows: BeatColumns[] }>(BEAT, [id, name, version, id, id]);
    const { database_now, replaced_heartbeat_at } = present(rows[0]);
    return {
      databaseNow: toInstant(database_now),
      nodes: rows.map(toNode),
      replacedHeartbeatAt: toOptionalInstant(replaced_heartbeat_at),
    };
  });
}

/**
 * Reads all nodes, and changes nothing.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function readNodes(knex: Knex): Promise<NodesReading> {
  return inDatabase(async () => {
    // The row of the clock is there also when no node is.
    const { rows } = await knex.raw<{ rows: (NodeColumns | { id: null; database_now: Date })[] }>(READ);
    return {
      databaseNow: toInstant(present(rows[0]).database_now),
      nodes: rows.flatMap((row) => (row.id === null ? [] : toNode(row))),
    };
  });
}

const NOW = "date_trunc('milliseconds', now())";

const COLUMNS = `n.id, n.name, n.version, n.joined_at, n.heartbeat_at, ${NOW} as database_now,
  exists (select from platform p where p.primary_node_id = n.id) as is_primary`;

// Every part of one statement sees the rows as they were before it: "before" is the heartbeat that it replaces.
const BEAT = `
  with mine as (
    insert into nodes (id, name, version) values (?, ?, ?)
    on conflict (id) do update set name = excluded.name, version = excluded.version, heartbeat_at = ${NOW}
    returning id, name, version, joined_at, heartbeat_at
  ), known as (
    select * from mine union all
    select id, name, version, joined_at, heartbeat_at from nodes where id <> ?
  )
  select ${COLUMNS}, (select before.heartbeat_at from nodes before where before.id = ?) as replaced_heartbeat_at
  from known n`;

const READ = `select ${COLUMNS} from (select) clock left join nodes n on true`;

interface NodeColumns {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly joined_at: Date;
  readonly heartbeat_at: Date;
  readonly database_now: Date;
  readonly is_primary: boolean;
}

interface BeatColumns extends NodeColumns {
  readonly replaced_heartbeat_at: Date | null;
}

function toNode(row: NodeColumns): NodeRow {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    joinedAt: toInstant(row.joined_at),
    heartbeatAt: toInstant(row.heartbeat_at),
    isPrimary: row.is_primary,
  };
}
