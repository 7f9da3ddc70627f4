/** The one place where errors of the database become errors of this service. */
import { ServiceError } from "../errors.ts";

/** When a caller should ask again: a failover takes seconds. */
const RETRY_AFTER_MS = 2_000;

/** SQLSTATE: a write in a read-only transaction. */
const READ_ONLY = "25006";

/** SQLSTATE: a lock was not had within lock_timeout. */
export const LOCK_NOT_AVAILABLE = "55P03";

/**
 * SQLSTATEs, or classes of them, which say that the database cannot serve now: connection lost (08),
 * login (28, 3D000), resources (53), interference by an operator (57), locks and deadlocks, session
 * timeouts, and a primary that became a replica (25006).
 */
const UNAVAILABLE_CLASSES = new Set(["08", "28", "53", "57", "58"]);
const UNAVAILABLE_STATES = new Set([
  "3D000",
  READ_ONLY,
  "25P03",
  "25P04",
  "40001",
  "40P01",
  LOCK_NOT_AVAILABLE,
]);

/** Errors of sockets and name lookups, by `code`; not those of Node's argument checks. */
const NETWORK_CODE = /^(E(?!RR_)[A-Z_]+|ERR_(STREAM|SOCKET)_[A-Z_]+)$/;

/** What pg and knex say, with no code, when a connection is lost or cannot be had. knex puts the statement before it. */
const LOST_CONNECTION =
  /(^| - )(Connection terminated|Connection ended unexpectedly|Client has encountered a connection error|Client was closed|timeout expired|Query read timeout|Unable to acquire a connection|aborted$|Knex: Timeout acquiring a connection)/;

/**
 * Runs database work.
 *
 * @param message What a caller is told when the database could not serve it.
 * @throws ServiceError DATABASE_UNAVAILABLE when the database could not serve it; other errors as they are.
 */
export async function inDatabase<T>(work: () => Promise<T>, message = () => UNREACHABLE): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const isReadOnly = stateOf(error) === READ_ONLY;
    throw new ServiceError("DATABASE_UNAVAILABLE", isReadOnly ? TAKES_NO_WRITES : message(), {
      retryAfterMs: RETRY_AFTER_MS,
      cause: error,
    });
  }
}

/** What callers are told when the database answers, but as a replica does. */
const TAKES_NO_WRITES =
  "The database takes no writes now: it is read-only, as a replica is or one that was set so; nothing was changed.";

/** What callers are told when nothing was changed. */
export const UNREACHABLE = "The database cannot be reached; nothing was changed.";

/** Whether the database, or the way to it, could not serve: asking again later makes sense. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof ServiceError) return false;
  const state = stateOf(error);
  if (state !== "") {
    return UNAVAILABLE_CLASSES.has(state.slice(0, 2)) || UNAVAILABLE_STATES.has(state);
  }
  return ("code" in error && NETWORK_CODE.test(String(error.code))) || LOST_CONNECTION.test(error.message);
}

/** The SQLSTATE of an error that PostgreSQL sent; empty for any other error. */
export function stateOf(error: unknown): string {
  const isSent = error instanceof Error && "severity" in error && "code" in error;
  return isSent ? String(error.code) : "";
}
