/** How this service connects to PostgreSQL: one place for every bound on a connection. */
import { Client } from "pg";
import { StartupError } from "../errors.ts";

/** Where the database is: a postgres:// URL, which may hold a password. Its own parameters win. */
export type DatabaseUrl = string;

/** Settings of one connection, for knex and pg alike. They may hold a password: never log them. */
export interface ConnectionSettings {
  readonly connectionString: string;
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly keepAlive: boolean;
  readonly keepAliveInitialDelayMillis: number;
  readonly query_timeout?: number;
}

/** Opening a connection, TLS and login included, takes at most this long. */
export const CONNECT_TIMEOUT_MS = 3_000;

/** PostgreSQL ends a statement that runs longer. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** PostgreSQL ends a wait for a lock that takes longer. */
const LOCK_TIMEOUT_MS = 3_000;

/**
 * PostgreSQL ends a session that leaves its transaction idle for longer: a process that stopped in
 * the middle of a write must not keep the other nodes from writing.
 */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/** This side gives up on an answer after this long: longer than PostgreSQL's own limit, for a dead peer. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 1_000;

const URL_SCHEME = /^postgres(ql)?:\/\//i;

/**
 * Settings of a connection with every bound of this side set; {@link boundsSql} sets those of PostgreSQL.
 *
 * @param purpose Tells the connections of one server apart in pg_stat_activity.
 * @throws StartupError `databaseUnreachable` when the URL is none of PostgreSQL.
 */
export function boundedConnection(url: DatabaseUrl, purpose: string): ConnectionSettings {
  return {
    ...patientConnection(url, purpose),
    query_timeout: ANSWER_TIMEOUT_MS,
  };
}

/**
 * The bounds that PostgreSQL keeps, as a statement: a pooler refuses start-up parameters that it does not
 * know. One that hands out a connection for each transaction forgets those of a session: what takes locks
 * sets them for its transaction.
 */
export function boundsSql(scope: "session" | "transaction"): string {
  const set = scope === "session" ? "set" : "set local";
  return [
    `${set} statement_timeout = ${STATEMENT_TIMEOUT_MS}`,
    `${set} lock_timeout = ${LOCK_TIMEOUT_MS}`,
    `${set} idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_TIMEOUT_MS}`,
  ].join("; ");
}

/** As {@link boundedConnection}, with no bound on statements: for migrations, which set their own. */
export function patientConnection(url: DatabaseUrl, purpose: string): ConnectionSettings {
  return {
    connectionString: checkedUrl(url),
    application_name: `license-service ${purpose}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  };
}

function checkedUrl(url: DatabaseUrl): string {
  // pg would read anything else as a name relative to some server, and end in a puzzling error.
  if (!URL_SCHEME.test(url)) throw notPostgres();
  return url;
}

function notPostgres(): StartupError {
  // No cause: the parser's error carries the URL, and with it the password.
  return new StartupError(
    "databaseUnreachable",
    "The database URL cannot be used: it must be postgres://user:password@host:port/database.",
  );
}

/**
 * Names a server for people: host and port, or the socket's directory. Never user or password.
 *
 * @throws StartupError `databaseUnreachable` when the URL cannot be parsed.
 */
export function describeServer(settings: ConnectionSettings): string {
  const { host, port } = parsed(settings);
  return host.startsWith("/") ? `socket ${host}` : `${host}:${port}`;
}

function parsed(settings: ConnectionSettings): Client {
  try {
    return new Client(settings);
  } catch {
    throw notPostgres();
  }
}
