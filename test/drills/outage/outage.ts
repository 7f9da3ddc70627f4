import { setTimeout as delay } from "node:timers/promises";
import type { Drill, DrillContext, DrillReport } from "../drill.ts";
import { DrillCluster, makeGround } from "../parts/cluster.ts";
import { makeDatabase } from "../parts/databases.ts";
import { makePlace, startNode } from "../parts/node.ts";
import { useOf } from "../parts/processes.ts";
import { withTeardown } from "../parts/teardown.ts";
import { judgeOutage, type Outage } from "./judge.ts";
import { HEARTBEAT_MS, startLoad } from "./load.ts";

/** How long the database is away. */
export interface OutageTimes {
  readonly beforeMs: number;
  readonly awayMs: number;
  readonly afterMs: number;
}

/** Otherwise garbage is left lying for minutes, and a leak does not stand out. */
const SMALL_HEAP = "--max-semi-space-size=4 --max-old-space-size=160";

const TIMES: OutageTimes = { beforeMs: 5_000, awayMs: 30_000, afterMs: 15_000 };

/** The two ways in which PostgreSQL goes away. */
const WAYS = {
  stopped: {
    title: "PostgreSQL stopped (fast shutdown) and started again",
    leave: (cluster: DrillCluster) => cluster.stop(),
    comeBack: (cluster: DrillCluster) => cluster.start(),
  },
  frozen: {
    title: "PostgreSQL frozen (SIGSTOP to all its processes): connections stand, nothing answers",
    leave: (cluster: DrillCluster) => cluster.freeze(),
    comeBack: (cluster: DrillCluster) => cluster.thaw(),
  },
} as const;

/** PostgreSQL goes away under load. */
export const outage: Drill = {
  name: "outage",
  fault: "PostgreSQL away for 30 s under load: once stopped, once frozen",
  promise:
    "Reads from memory never fail and never wait longer than 100 ms; everything that needs the database answers\n" +
    "UNAVAILABLE with RetryInfo, within 1 s once the node knows; the first good write comes within 5 s of the\n" +
    "database; memory and open handles do not pile up.",
  usual: "about 110 s",
  timeoutMs: 400_000,
  run: runOutages,
};

async function runOutages(context: DrillContext): Promise<DrillReport> {
  const reports: DrillReport[] = [];
  const ground = await makeGround(context);
  for (const way of ["stopped", "frozen"] as const) {
    const seen = await withTeardown(context, async (t) => {
      const cluster = await DrillCluster.at(t, ground, way);
      return observeOutage({ ...context, teardown: (work) => t.teardown(work) }, cluster, way, TIMES);
    });
    reports.push(judgeOutage(WAYS[way].title, way, seen));
  }
  return {
    tables: reports.flatMap(({ tables }) => tables),
    findings: reports.flatMap(({ findings }) => findings),
  };
}

/** Takes the database away from a loaded node and gives it back. */
export async function observeOutage(
  context: DrillContext,
  cluster: DrillCluster,
  way: keyof typeof WAYS,
  times: OutageTimes,
): Promise<Outage> {
  await cluster.start();
  const place = await makePlace(context, await makeDatabase(cluster));
  const node = await startNode(context, place, {
    LICENSE_HEARTBEAT_MS: String(HEARTBEAT_MS),
    NODE_OPTIONS: SMALL_HEAP,
  });
  const load = await startLoad(context, node);
  const beganAt = performance.now();
  await delay(times.beforeMs);
  const before = await useOf(node.pid);
  context.say(`${way}: the database goes away`);
  const awayAt = performance.now();
  await WAYS[way].leave(cluster);
  await delay(times.awayMs);
  const during = await useOf(node.pid);
  await WAYS[way].comeBack(cluster);
  const backAt = performance.now();
  context.say(`${way}: the database is back`);
  await delay(times.afterMs);
  await load.stop();
  return {
    callers: load.callers,
    beganAt,
    awayAt,
    backAt,
    endedAt: performance.now(),
    before,
    during,
    after: await useOf(node.pid),
  };
}
