/** Which nodes are lost, so that the keys in their ports are absent (UK-BU-9). All instants are the database's. */
import type { Instant } from "../license.ts";

/** How a node shows that it lives. */
export interface NodeLife {
  readonly id: string;
  readonly heartbeatAt: Instant;
  /** Since when its heartbeats follow each other without a gap. */
  readonly aliveSince: Instant;
}

/** Without a heartbeat for this long a node is lost, if another one was alive all the while. */
export const LOST_AFTER_MS = 60_000;

/** A heartbeat so old still shows a node that lives: one may be late. */
const LIVING_MS = 30_000;

/**
 * The ids of nodes that are lost. Time in which no node lived, or none reached the database, counts for nobody:
 * a node may call another lost only once it has watched for {@link LOST_AFTER_MS} itself.
 */
export function lostNodes(nodes: readonly NodeLife[], at: Instant): ReadonlySet<string> {
  const hasWatched = nodes.some(
    ({ heartbeatAt, aliveSince }) =>
      distance(at, heartbeatAt) < LIVING_MS && at - aliveSince >= LOST_AFTER_MS,
  );
  if (!hasWatched) return new Set();
  return new Set(
    nodes.filter(({ heartbeatAt }) => distance(at, heartbeatAt) >= LOST_AFTER_MS).map(({ id }) => id),
  );
}

/** Also of a heartbeat from before the clock was set back. */
function distance(a: Instant, b: Instant): number {
  return Math.abs(a - b);
}
