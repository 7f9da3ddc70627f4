import knex, { type Knex } from "knex";
import type { Client } from "pg";
import {
  boundedConnection,
  boundsSql,
  CONNECT_TIMEOUT_MS,
  type ConnectionSettings,
  type DatabaseUrl,
} from "./connection.ts";
import { checkServer } from "./first-contact.ts";

/** Options of {@link openDatabase}. */
export interface OpenDatabaseOptions {
  /** Connections at most. Default: 10. They are opened as needed and closed after 30 s unused. */
  readonly poolSize?: number;
  /** Takes what the pool has to say, a line at a time. Default: nothing is said. */
  readonly log?: (line: string) => void;
}

/**
 * Opens a pool of connections to a database that can be used.
 *
 * @returns The pool; its owner ends it with `destroy()`.
 * @throws StartupError as {@link checkServer}.
 */
export async function openDatabase(url: DatabaseUrl, options: OpenDatabaseOptions = {}): Promise<Knex> {
  const settings = boundedConnection(url, "server");
  await checkServer(settings);
  return createPool(settings, { ...options, onConnect: boundsSql("session") });
}

/** A knex pool over `settings`, not yet connected. */
export function createPool(
  settings: ConnectionSettings,
  options: OpenDatabaseOptions & { readonly onConnect?: string } = {},
): Knex {
  const log = (message: unknown) => options.log?.(String(message).split("\n", 1)[0] ?? "");
  return knex({
    client: "pg",
    connection: { ...settings },
    // Waiting for a free connection counts as waiting for the database.
    acquireConnectionTimeout: CONNECT_TIMEOUT_MS,
    pool: { min: 0, max: options.poolSize ?? 10, afterCreate: prepare(options.onConnect), validate: isReady },
    // Errors name the statement, but never the values in it.
    compileSqlOnError: false,
    log: { warn: log, error: log, deprecate: log, debug: () => {} },
  });
}

/**
 * Dates are read in one format and zone, whatever the database's defaults say. As a statement, not
 * as a start-up parameter: poolers refuse those that they do not know, and keep track of these.
 */
const FORMATS = "set datestyle to 'ISO'; set time zone 'UTC'";

function prepare(further: string | undefined) {
  const sql = further === undefined ? FORMATS : `${FORMATS}; ${further}`;
  return (client: Client, done: (error: Error | undefined, client: Client) => void): void => {
    client.query(sql).then(
      () => done(undefined, client),
      (error: Error) => done(error, client),
    );
  };
}

/** A connection given back while a statement still hangs in it (a dead peer) is of no use. */
function isReady(client: { readonly readyForQuery?: boolean }): boolean {
  return client.readyForQuery === true;
}
