import { type ManagementNode, NodeStatus } from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Inline, type Screen, styled } from "../output/screen.ts";
import { type Column, writeTable } from "../output/table.ts";
import { formatInstant, formatRelative } from "../output/time.ts";

/** What a table of nodes needs beside them. */
export interface NodeTableParts {
  /** Id of the node that answered. */
  readonly ownId: string;
  /** Where distances in time count from. */
  readonly from: Date;
}

/** Writes management nodes as a table, in the order given. */
export function writeNodes(screen: Screen, nodes: readonly ManagementNode[], parts: NodeTableParts): void {
  const columns: ReadonlyArray<Column<ManagementNode>> = [
    { title: "NAME", cell: ({ name }) => styled("bold", name) },
    { title: "STATUS", cell: ({ status }) => showNodeStatus(status) },
    { title: "VERSION", cell: ({ version }) => version },
    {
      title: "HEARTBEAT (UTC)",
      cell: ({ heartbeatTime }) => heartbeatTime && showHeartbeat(heartbeatTime, parts.from),
    },
    { title: "JOINED (UTC)", cell: ({ joinedTime }) => joinedTime && formatInstant(joinedTime) },
    { title: "PRIMARY", cell: ({ primary }) => (primary ? "yes" : "no") },
    { title: "NODE", cell: ({ nodeId }) => nodeId },
    { title: "ANSWERED", cell: ({ nodeId }) => (nodeId === parts.ownId ? "this one" : "") },
  ];
  writeTable(screen, columns, nodes);
}

/** A node's status, colored. */
export function showNodeStatus(status: NodeStatus): Inline {
  return styled(status === NodeStatus.ALIVE ? "green" : "red", nameOf(NodeStatus, status));
}

/** Heartbeats are by the database's clock, and none is yet to come. */
function showHeartbeat(at: Date, from: Date): string {
  return `${formatInstant(at)} (${at < from ? formatRelative(at, from) : "now"})`;
}
