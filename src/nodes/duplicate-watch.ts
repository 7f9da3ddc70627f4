import type { Instant } from "../domain/license.ts";
import type { Beat } from "../store/nodes.ts";

/** Once could be a heartbeat of our own whose answer was lost. */
const SIGHTINGS_NEEDED = 2;

/**
 * Notices another process with this node's id, as a cloned machine or a copied data directory makes one: between
 * two heartbeats of ours somebody else renewed the row.
 */
export class DuplicateWatch {
  #ownHeartbeatAt: Instant | undefined;
  #sightings = 0;

  /** Looks at a heartbeat of this node; answers whether another process has its id. */
  look(nodeId: string, { nodes, replacedHeartbeatAt }: Beat): boolean {
    const own = this.#ownHeartbeatAt;
    const isForeign = own !== undefined && replacedHeartbeatAt !== undefined && replacedHeartbeatAt > own;
    this.#sightings = isForeign ? this.#sightings + 1 : 0;
    this.#ownHeartbeatAt = nodes.find(({ id }) => id === nodeId)?.heartbeatAt;
    return this.#sightings >= SIGHTINGS_NEEDED;
  }
}
