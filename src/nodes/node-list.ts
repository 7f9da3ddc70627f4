import type { NodeRow, NodesReading } from "../store/nodes.ts";

/** A node whose heartbeat is older counts as away. */
export const AWAY_AFTER_MS = 30_000;

/** A management node, and whether it was heard of lately. */
export interface ListedNode extends NodeRow {
  readonly isAlive: boolean;
}

/**
 * The nodes of a reading: the one that made the platform first, then by name, then by id.
 *
 * @param unheardMs how much older than at the reading the heartbeats are by now, in milliseconds.
 * @param ownId id of the node that asks: it is alive whatever its heartbeat says. Default: none asks.
 */
export function listNodes(
  { databaseNow, nodes }: NodesReading,
  unheardMs = 0,
  ownId?: string,
): readonly ListedNode[] {
  const isAlive = ({ id, heartbeatAt }: NodeRow) =>
    id === ownId || databaseNow - heartbeatAt + unheardMs <= AWAY_AFTER_MS;
  return nodes.map((node) => ({ ...node, isAlive: isAlive(node) })).sort(byRank);
}

function byRank(a: NodeRow, b: NodeRow): number {
  return Number(b.isPrimary) - Number(a.isPrimary) || compare(a.name, b.name) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
