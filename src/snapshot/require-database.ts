import { ServiceError } from "../errors.ts";
import { NoAnswerError, withPatience } from "./patience.ts";
import type { SnapshotHub } from "./snapshot-hub.ts";
import type { Timers } from "./timers.ts";

/** When to ask again: the hub looks for the database more often. */
const RETRY_AFTER_MS = 2_000;

/**
 * Refuses at once what needs the database while it is known to be away: callers hear of it in no time, and
 * none of them waits for a connection.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE
 */
export function requireDatabase(hub: Pick<SnapshotHub, "current">): void {
  if (hub.current().staleSince === undefined) return;
  throw new ServiceError("DATABASE_UNAVAILABLE", "The database is away; nothing was changed. Ask again.", {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** A database that has not answered for so long counts as away. */
const PATIENCE_MS = 3_000;

/**
 * Waits for an answer of the database, but not for one that does not come.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE after 3 s; else what the answer rejects with.
 */
export async function inTime<T>(timers: Timers, answer: Promise<T>): Promise<T> {
  try {
    return await withPatience(timers, PATIENCE_MS, answer);
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    const message = "The database does not answer; nothing was changed. Ask again.";
    throw new ServiceError("DATABASE_UNAVAILABLE", message, { retryAfterMs: RETRY_AFTER_MS, cause: error });
  }
}
