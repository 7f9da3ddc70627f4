import { ServiceError } from "../errors.ts";
import type { SnapshotHub } from "./snapshot-hub.ts";

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
