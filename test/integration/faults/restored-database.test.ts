/** Threat 18: the database is restored to an older state. */
import test from "ava";
import { judge } from "../../drills/restore/judge.ts";
import { type Meanwhile, restoreUnderNodes } from "../../drills/restore/restored.ts";
import { makeCluster } from "./_context.ts";

const TITLES: Readonly<Record<Exclude<Meanwhile, "stopped">, string>> = {
  serving: "an older database put back under two nodes is noticed: one new epoch, its rights, an alert",
  overtaken: "an older database is noticed also when it was written to beyond the lost state meanwhile",
};

for (const meanwhile of ["serving", "overtaken"] as const) {
  test(TITLES[meanwhile], async (t) => {
    const cluster = await makeCluster(t);
    await cluster.start();
    const seen = await restoreUnderNodes(t, cluster, meanwhile);
    for (const { promise, holds, seen: what } of judge(seen)) t.true(holds, `${promise}: ${what}`);
  });
}
