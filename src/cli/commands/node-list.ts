import { ManagementNode } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { distanceOrigin } from "../output/time.ts";
import { writeNodes } from "../render/node-table.ts";

/** `licensectl node list`: the nodes that GetLicenseInfo tells of. */
export async function nodeList(context: CommandContext): Promise<void> {
  const answer = await withServer(context, (server) => server.call((client) => client.getLicenseInfo, {}));
  const { nodes, managementNodeId: ownId, evaluatedAt } = answer;
  if (context.isJson) return context.out.json({ nodes: nodes.map((node) => ManagementNode.toJSON(node)) });
  writeNodes(context.out, nodes, { ownId, from: distanceOrigin(evaluatedAt, false) });
}
