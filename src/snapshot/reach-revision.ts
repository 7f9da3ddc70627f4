import { ServiceError } from "../errors.ts";
import type { Revision } from "../store/types.ts";
import { isSameLine } from "./revision.ts";
import type { SnapshotHub } from "./snapshot-hub.ts";
import type { Timers } from "./timers.ts";

/** How long a read waits for the revision that its caller has written. */
const LONGEST_WAIT_MS = 2_000;

/** When to ask again: by then a poll was made. */
const RETRY_AFTER_MS = 1_000;

/**
 * Resolves once the hub's snapshot is of `wanted` or later: read your write.
 *
 * @param signal ends the wait early, for nobody waits for the answer any more
 * @throws ServiceError REVISION_NOT_REACHED after 2 s; OTHER_STORE at once
 */
export function reachRevision(
  hub: SnapshotHub,
  timers: Timers,
  wanted: Revision,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const check = (): void => {
    const { revision } = hub.current().state;
    if (!isSameLine(revision, wanted)) reject(otherStore(revision));
    else if (revision.revision >= wanted.revision) resolve();
  };
  const giveUp = (): void => reject(notReached());
  const unsubscribe = hub.subscribe(check);
  const timer = timers.after(LONGEST_WAIT_MS, giveUp);
  signal.addEventListener("abort", giveUp, { once: true });
  check();
  hub.refresh().then(check, () => undefined);
  return promise.finally(() => {
    unsubscribe();
    timer.cancel();
    signal.removeEventListener("abort", giveUp);
  });
}

/** Whether a snapshot of `current` answers a caller who wants `wanted`, without waiting. */
export function isReached(current: Revision, wanted: Revision): boolean {
  return isSameLine(current, wanted) && current.revision >= wanted.revision;
}

function otherStore({ storeId, epoch }: Revision): ServiceError {
  const message = `The wanted revision is of another store or epoch; this server's store is ${storeId}, epoch ${epoch}. Read without min_revision.`;
  return new ServiceError("OTHER_STORE", message);
}

function notReached(): ServiceError {
  return new ServiceError(
    "REVISION_NOT_REACHED",
    "This server has not seen the wanted revision yet; ask again.",
    {
      retryAfterMs: RETRY_AFTER_MS,
    },
  );
}
