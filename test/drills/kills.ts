import type { Drill, DrillContext, DrillReport } from "./drill.ts";
import { DrillCluster, makeGround } from "./parts/cluster.ts";
import { cloneTemplate, makeTemplate } from "./parts/databases.ts";
import { type KillOutcome, killDuringUploads, WATCH_MS } from "./parts/kill-uploads.ts";
import { withTeardown } from "./parts/teardown.ts";

const RUNS = 20;
const UPLOADS = 200;

/** The server is killed in the middle of uploads. */
export const kills: Drill = {
  name: "kills",
  fault: `kill -9 of a server in the middle of ${UPLOADS} uploads, ${RUNS} times`,
  promise:
    "Every upload that was acknowledged is there after a restart, none is there by half, records and totals\n" +
    "agree with what is installed, and an open watch on a second node shows every acknowledged upload.",
  usual: "about 3 minutes",
  timeoutMs: 1_200_000,
  run: runKills,
};

async function runKills(context: DrillContext): Promise<DrillReport> {
  const cluster = await DrillCluster.at(context, await makeGround(context), "main");
  await cluster.start();
  await makeTemplate(cluster);
  const outcomes: KillOutcome[] = [];
  for (let run = 1; run <= RUNS; run += 1) {
    // Spread from the first uploads to the last.
    const killAfter = Math.round((run * UPLOADS) / (RUNS + 1));
    const databaseUrl = await cloneTemplate(cluster, `run_${run}`);
    const outcome = await withTeardown(context, (t) =>
      killDuringUploads(t, { databaseUrl, uploads: UPLOADS, killAfter }),
    );
    context.say(`run ${run}: ${outcome.acknowledged} acknowledged, ${outcome.lost} lost`);
    outcomes.push(outcome);
  }
  return report(outcomes);
}

function report(outcomes: readonly KillOutcome[]): DrillReport {
  const sum = (of: (outcome: KillOutcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
  const acknowledged = sum((one) => one.acknowledged);
  const columns = [
    "run",
    "acknowledged",
    "refused",
    "present",
    "half",
    "lost",
    "records",
    "watch",
    "verdict",
  ];
  const rows = outcomes.map((one, index) => [
    index + 1,
    ...[one.acknowledged, one.refused, one.present, one.half, one.lost],
    one.agrees ? "agree" : "DIFFER",
    one.isWatched ? "shows all" : "BEHIND",
    isGood(one) ? "good" : "BROKEN",
  ]);
  return {
    tables: [
      { title: `${RUNS} kills in the middle of ${UPLOADS} uploads of two licenses each`, columns, rows },
    ],
    findings: [
      {
        promise: "every kill came in the middle",
        holds: outcomes.every((one) => one.acknowledged > 0 && one.refused > 0),
        seen: `${acknowledged} acknowledged, ${sum((one) => one.refused)} not`,
      },
      {
        promise: "no acknowledged upload is lost",
        ...none(
          sum((one) => one.lost),
          acknowledged,
        ),
      },
      {
        promise: "no upload is applied by half",
        ...none(
          sum((one) => one.half),
          UPLOADS * outcomes.length,
        ),
      },
      {
        promise: "records, totals and both nodes agree",
        ...none(outcomes.filter((one) => !one.agrees).length, outcomes.length),
      },
      {
        promise: `the watch on the second node shows all within ${WATCH_MS} ms, and never goes back`,
        ...none(outcomes.filter((one) => !one.isWatched).length, outcomes.length),
      },
    ],
  };
}

function none(bad: number, of: number) {
  return { holds: bad === 0, seen: `${bad} of ${of}` };
}

function isGood(one: KillOutcome): boolean {
  return one.lost === 0 && one.half === 0 && one.agrees && one.isWatched && one.refused > 0;
}
