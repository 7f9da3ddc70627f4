import { setTimeout as delay } from "node:timers/promises";
import { withClient } from "../../../src/store/embedded/connection.ts";
import type { Drill, DrillContext, DrillReport } from "../drill.ts";
import { type Caller, openCaller } from "../parts/caller.ts";
import { DrillCluster, makeGround } from "../parts/cluster.ts";
import { type DatabaseProxy, openDatabaseProxy } from "../parts/database-proxy.ts";
import { DATABASE, makeDatabase } from "../parts/databases.ts";
import { BASE, issuerAt } from "../parts/issuer.ts";
import { type DrillNode, makePlace, startNode } from "../parts/node.ts";
import { withTeardown } from "../parts/teardown.ts";
import { startUploads } from "../parts/uploader.ts";
import { pairUp, promote } from "./replication.ts";

const RUNS = 10;
const WARM_UP_MS = 1_500;
const DOWNTIME_MS = 10_000;

/** The primary of the database is killed. */
export const failover: Drill = {
  name: "failover",
  fault: `kill -9 of the primary PostgreSQL under uploads, its synchronous standby promoted, ${RUNS} times`,
  promise:
    "No acknowledged upload is lost, no epoch is raised, capabilities are answered throughout, and the service\n" +
    "writes again by itself once the address of the database leads to the new primary.",
  usual: "about 90 s",
  timeoutMs: 600_000,
  run: runFailovers,
};

/** One failover. */
export interface Outcome {
  /** Since the failover before it. */
  readonly acknowledged: number;
  readonly refused: number;
  /** Of all that were ever acknowledged. */
  readonly lost: number;
  readonly promotedMs: number;
  /** From the kill to the first acknowledged upload. */
  readonly downMs: number;
  readonly readsFailed: number;
}

async function runFailovers(context: DrillContext): Promise<DrillReport> {
  return report(await failOverRepeatedly(context, RUNS));
}

/** What some failovers came to. */
export interface Failovers {
  readonly outcomes: readonly Outcome[];
  readonly epochBefore: bigint | undefined;
  readonly epochAfter: bigint | undefined;
}

/** Kills the primary under uploads, promotes its standby and makes a new one, again and again. */
export async function failOverRepeatedly(context: DrillContext, runs: number): Promise<Failovers> {
  const ground = await makeGround(context);
  let primary = await DrillCluster.at(context, ground, "one");
  let standby = await DrillCluster.at(context, ground, "two");
  await primary.start();
  await makeDatabase(primary);
  const proxy = await openDatabaseProxy(context, primary);
  await pairUp(ground, primary, standby);
  const node = await startNode(context, await makePlace(context, proxy.url(DATABASE)));
  const caller = openCaller(context, node);
  const issue = await issuerAt(node.place);
  await caller.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  const epochBefore = await epochOf(caller);
  const ever = new Set<string>();
  const outcomes: Outcome[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const outcome = await failOver(context, { primary, standby, proxy, node, ever });
    context.say(
      `failover ${run}: ${outcome.acknowledged} acknowledged, ${outcome.lost} lost, ${outcome.downMs} ms`,
    );
    outcomes.push(outcome);
    [primary, standby] = [standby, primary];
    if (run < runs) await pairUp(ground, primary, standby);
  }
  return { outcomes, epochBefore, epochAfter: await epochOf(caller) };
}

interface Scene {
  readonly primary: DrillCluster;
  readonly standby: DrillCluster;
  readonly proxy: DatabaseProxy;
  readonly node: DrillNode;
  /** Every license whose upload was ever acknowledged. */
  readonly ever: Set<string>;
}

function failOver(context: DrillContext, { primary, standby, proxy, node, ever }: Scene): Promise<Outcome> {
  return withTeardown(context, async (t) => {
    const uploads = await startUploads(t, node);
    const reads = countFailedReads(openCaller(t, node));
    await uploads.nextAcknowledged();
    await delay(WARM_UP_MS);
    const killedAt = performance.now();
    await primary.kill();
    await promote(standby);
    const promotedMs = Math.round(performance.now() - killedAt);
    proxy.pointTo(standby);
    const downMs = Math.round((await uploads.nextAcknowledged()) - killedAt);
    await uploads.stop();
    for (const id of uploads.acknowledged) ever.add(id);
    return {
      acknowledged: uploads.acknowledged.size,
      refused: uploads.samples.length - uploads.acknowledged.size,
      lost: await countMissing(standby, ever),
      promotedMs,
      downMs,
      readsFailed: await reads.stop(),
    };
  });
}

function countFailedReads(caller: Caller): { stop(): Promise<number> } {
  let isStopping = false;
  let failed = 0;
  const run = async () => {
    while (!isStopping) {
      await caller.call("getLicenseCapabilities", {}, 2_000).catch(() => {
        failed += 1;
      });
      await delay(20);
    }
  };
  const done = run();
  const stop = async () => {
    isStopping = true;
    await done;
    return failed;
  };
  return { stop };
}

/** Asks the new primary itself, not the service. */
async function countMissing(cluster: DrillCluster, ids: ReadonlySet<string>): Promise<number> {
  const { rows } = await withClient(cluster.url(DATABASE), (client) =>
    client.query<{ id: string }>("select id from licenses"),
  );
  const present = new Set(rows.map(({ id }) => id));
  return [...ids].filter((id) => !present.has(id)).length;
}

async function epochOf(caller: Caller): Promise<bigint | undefined> {
  return (await caller.call("getLicenseCapabilities")).revision?.epoch;
}

function report({ outcomes, epochBefore, epochAfter }: Failovers): DrillReport {
  const columns = [
    "failover",
    "acknowledged",
    "refused",
    "lost",
    "promoted ms",
    "writes down ms",
    "reads failed",
  ];
  const rows = outcomes.map((one, index) => [
    index + 1,
    ...[one.acknowledged, one.refused, one.lost, one.promotedMs, one.downMs, one.readsFailed],
  ]);
  const sum = (of: (one: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
  const lost = sum((one) => one.lost);
  const worst = Math.max(...outcomes.map(({ downMs, promotedMs }) => downMs - promotedMs));
  return {
    tables: [{ title: `Failovers under uploads`, columns, rows }],
    findings: [
      {
        promise: "no acknowledged upload is lost",
        holds: lost === 0,
        seen: `${lost} of ${sum((one) => one.acknowledged)}`,
      },
      {
        promise: `uploads are acknowledged again within ${DOWNTIME_MS} ms of the promotion`,
        holds: worst <= DOWNTIME_MS,
        seen: `slowest ${worst} ms`,
      },
      {
        promise: "capabilities are answered throughout",
        holds: sum((one) => one.readsFailed) === 0,
        seen: `${sum((one) => one.readsFailed)} failed`,
      },
      {
        promise: "no epoch is raised",
        holds: epochBefore === epochAfter,
        seen: `${epochBefore}, then ${epochAfter}`,
      },
    ],
  };
}
