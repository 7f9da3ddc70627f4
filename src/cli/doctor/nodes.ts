import type { Knex } from "knex";
import { outsideText } from "../../license-file/outside-text.ts";
import { AWAY_AFTER_MS, listNodes } from "../../nodes/node-list.ts";
import { readNodes } from "../../store/nodes.ts";
import { formatDuration } from "../output/time.ts";
import { counted } from "../render/terms.ts";
import { type Finding, ok, warn } from "./check.ts";

/** Whether all nodes of the platform were heard of lately. */
export async function checkNodes(knex: Knex): Promise<Finding> {
  const reading = await readNodes(knex);
  const away = listNodes(reading).filter(({ isAlive }) => !isAlive);
  if (away.length === 0) return ok(`${counted(reading.nodes.length, "node")}, none away`);
  const names = away.map(({ name, heartbeatAt }) => {
    return `${outsideText(name)} (last heard of ${formatDuration(reading.databaseNow - heartbeatAt)} ago)`;
  });
  return warn(
    `${away.length} of ${counted(reading.nodes.length, "node")} away, with no heartbeat for more than ${AWAY_AFTER_MS / 1000} s: ${names.join(", ")}.`,
    "Start them, or look at their logs. A node that stopped on purpose is away, too.",
  );
}
