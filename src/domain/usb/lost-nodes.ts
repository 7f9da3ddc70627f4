/** Which nodes are lost, so that the keys in their ports are absent (UK-BU-9). All instants are the database's. */
import type { Instant } from "../license.ts";

/** How a node shows that it lives. */
export interface NodeLife {
  readonly id: string;
  /** When it was heard of last: by its own signed word, where there is one. */
  readonly heardAt: Instant;
}

/** A node that was not heard of for this long is lost to one that listened all the while. */
export const LOST_AFTER_MS = 60_000;

/**
 * The ids of nodes that are lost. Time in which nobody lived, or nobody reached the database, counts for nobody: a
 * node may call another lost only once it has listened for {@link LOST_AFTER_MS} itself.
 *
 * @param listeningSince since when the node that judges has heard of the others without a gap; `undefined`: it does not
 */
export function lostNodes(
  nodes: readonly NodeLife[],
  at: Instant,
  listeningSince: Instant | undefined,
): ReadonlySet<string> {
  if (listeningSince === undefined || at - listeningSince < LOST_AFTER_MS) return new Set();
  return new Set(nodes.filter(({ heardAt }) => isLongAgo(heardAt, at)).map(({ id }) => id));
}

/** Whether something was so long ago that who did not do it again is lost; also from before the clock was set back. */
export function isLongAgo(instant: Instant, at: Instant): boolean {
  return Math.abs(at - instant) >= LOST_AFTER_MS;
}
