import type { Drill, DrillContext, DrillReport } from "../drill.ts";
import { DrillCluster, makeGround } from "../parts/cluster.ts";
import { revisionText } from "../parts/revisions.ts";
import { withTeardown } from "../parts/teardown.ts";
import { judge } from "./judge.ts";
import { type Meanwhile, type Restored, restoreUnderNodes } from "./restored.ts";

const SCENES: readonly Meanwhile[] = ["serving", "stopped", "overtaken"];

/** An older state of the database is put back. */
export const restore: Drill = {
  name: "restore",
  fault: "an older copy of the database put back under two nodes: serving, stopped, and overtaken by a third",
  promise:
    "The epoch is raised just once, both nodes show the restored rights under it and the alert DATABASE_RESTORED,\n" +
    "readers who saw a newer state are told OTHER_STORE, uploads work again, and a restart changes none of it.",
  usual: "about 1 minute",
  timeoutMs: 300_000,
  run: runRestores,
};

async function runRestores(context: DrillContext): Promise<DrillReport> {
  const ground = await makeGround(context);
  const scenes: Restored[] = [];
  for (const meanwhile of SCENES) {
    const seen = await withTeardown(context, async (t) => {
      const cluster = await DrillCluster.at(t, ground, meanwhile);
      await cluster.start();
      return restoreUnderNodes(t, cluster, meanwhile);
    });
    context.say(`nodes ${meanwhile}: ${seen.revisions.map(revisionText).join(", ")}`);
    scenes.push(seen);
  }
  const columns = [
    "nodes",
    "before",
    "after, by node",
    "ms to new epoch",
    "alert",
    "to a newer reader",
    "upload",
  ];
  const rows = scenes.map((seen) => [
    seen.meanwhile,
    revisionText(seen.before),
    seen.revisions.map(revisionText).join(", "),
    seen.settledMs,
    seen.hasAlert.map((has) => (has ? "yes" : "NO")).join(", "),
    seen.toOldReader.join(", "),
    seen.isWritable ? "works" : "REFUSED",
  ]);
  return { tables: [{ title: "Restores (epoch/revision)", columns, rows }], findings: scenes.flatMap(judge) };
}
