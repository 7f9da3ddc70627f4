import { setTimeout as delay } from "node:timers/promises";
import { RpcError } from "../helpers/rpc-error.ts";
import type { Drill, DrillContext, DrillReport } from "./drill.ts";
import { type Caller, openCaller, retryAfterMs } from "./parts/caller.ts";
import { DrillCluster, makeGround } from "./parts/cluster.ts";
import { execute, makeDatabase } from "./parts/databases.ts";
import { BASE, type Issue, issuerAt } from "./parts/issuer.ts";
import { makePlace, startNode } from "./parts/node.ts";
import { type Sample, sample, slowestMs } from "./parts/samples.ts";

const READ_ONLY_MS = 5_000;
const RECOVERY_MS = 5_000;

/** The database takes no writes. */
export const readonly: Drill = {
  name: "readonly",
  fault: "the database turns read-only, as a primary that became a replica does, and back",
  promise:
    "Reads go on, writes answer UNAVAILABLE with RetryInfo and say that the database takes no writes, and the\n" +
    "service writes again by itself within 5 s.",
  usual: "about 12 s",
  timeoutMs: 90_000,
  run: runReadOnly,
};

async function runReadOnly(context: DrillContext): Promise<DrillReport> {
  const cluster = await DrillCluster.at(context, await makeGround(context), "main");
  await cluster.start();
  const node = await startNode(context, await makePlace(context, await makeDatabase(cluster)));
  const caller = openCaller(context, node);
  const issue = await issuerAt(node.place);
  await caller.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  await setReadOnly(cluster, true);
  const reads: Sample[] = [];
  const writes: Sample[] = [];
  const messages = new Set<string>();
  const until = performance.now() + READ_ONLY_MS;
  while (performance.now() < until) {
    reads.push(await sample(() => caller.call("getLicenseCapabilities")));
    reads.push(await sample(() => caller.call("getLicenseRecords")));
    writes.push(await sample(() => upload(caller, issue, messages)));
    await delay(50);
  }
  await setReadOnly(cluster, false);
  return report(reads, writes, messages, await recoveryMs(caller, issue));
}

async function upload(caller: Caller, issue: Issue, messages: Set<string>): Promise<void> {
  try {
    await caller.call("uploadLicense", { package: Buffer.from(await issue({ item: "gpu" })) });
  } catch (error) {
    if (error instanceof RpcError) messages.add(`${error.message} (RetryInfo: ${retryAfterMs(error)} ms)`);
    throw error;
  }
}

async function setReadOnly(cluster: DrillCluster, isReadOnly: boolean): Promise<void> {
  const word = isReadOnly ? "on" : "off";
  await execute(cluster.url(), `alter system set default_transaction_read_only = ${word}`);
  await execute(cluster.url(), "select pg_reload_conf()");
}

/** Infinity: no write was good in time. */
async function recoveryMs(caller: Caller, issue: Issue): Promise<number> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < 2 * RECOVERY_MS) {
    const bytes = Buffer.from(await issue({ item: "gpu" }));
    const { outcome } = await sample(() => caller.call("uploadLicense", { package: bytes }));
    if (outcome === "ok") return Math.round(performance.now() - startedAt);
    await delay(100);
  }
  return Number.POSITIVE_INFINITY;
}

function report(
  reads: readonly Sample[],
  writes: readonly Sample[],
  messages: ReadonlySet<string>,
  recoveredMs: number,
): DrillReport {
  const failedReads = reads.filter(({ outcome }) => outcome !== "ok");
  // The reload of a setting reaches the sessions after a moment.
  const good = writes.filter(({ outcome }) => outcome === "ok");
  const wrong = writes.filter(
    ({ outcome, retryAfterMs }) =>
      outcome !== "ok" && (outcome !== "UNAVAILABLE DATABASE_UNAVAILABLE" || retryAfterMs === undefined),
  );
  const isClear = messages.size > 0 && [...messages].every((text) => /read-only|takes no writes/i.test(text));
  const columns = ["what", "calls", "ok", "slowest ms"];
  const row = (what: string, samples: readonly Sample[]) => [
    what,
    samples.length,
    samples.filter(({ outcome }) => outcome === "ok").length,
    slowestMs(samples),
  ];
  return {
    tables: [
      {
        title: "While the database is read-only",
        columns,
        rows: [row("reads", reads), row("uploads", writes)],
      },
    ],
    findings: [
      {
        promise: "reads go on",
        holds: failedReads.length === 0,
        seen: `${failedReads.length} of ${reads.length} failed`,
      },
      {
        promise: "uploads answer DATABASE_UNAVAILABLE with RetryInfo",
        holds: wrong.length === 0 && good.length <= 1 && writes.length > 1,
        seen: `${writes.length - good.length} refused, ${wrong.length} otherwise`,
      },
      {
        promise: "the refusal says that the database takes no writes",
        holds: isClear,
        seen: [...messages].join("; "),
      },
      {
        promise: `first good write within ${RECOVERY_MS} ms`,
        holds: recoveredMs <= RECOVERY_MS,
        seen: `after ${recoveredMs} ms`,
      },
    ],
  };
}
