import { setTimeout as delay } from "node:timers/promises";
import { withClient } from "../../../src/store/embedded/connection.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { Drill, DrillContext, DrillReport, Finding } from "../drill.ts";
import { type Caller, openCaller } from "../parts/caller.ts";
import { DrillCluster, type DrillGround, makeGround } from "../parts/cluster.ts";
import { DATABASE, makeDatabase } from "../parts/databases.ts";
import { BASE, type Issue, issuerAt } from "../parts/issuer.ts";
import { makePlace, startFurtherNode, startNode } from "../parts/node.ts";
import { type Follower, follow } from "../parts/revisions.ts";
import { type Sample, sample, slowestMs } from "../parts/samples.ts";
import { withTeardown } from "../parts/teardown.ts";
import { Bouncer, findBouncer, type PoolMode } from "./bouncer.ts";

const UPLOADS = 20;
const WATCH_MS = 3_000;
const RECOVERY_MS = 5_000;
/** The service waits for a lock for 3 s; PostgreSQL itself would wait for ever. */
const LOCK_WAIT_MS = 5_000;
const LOCK_HELD_MS = 8_000;

/** The service behind a pooler. */
export const pgbouncer: Drill = {
  name: "pgbouncer",
  fault: "the database behind PgBouncer, session and transaction mode, which restarts meanwhile",
  promise:
    "Servers start and uploads work behind a PgBouncer without special settings, a watch on a second node sees each\n" +
    "upload within 3 s though LISTEN may be swallowed, the bounds on waiting stay in force, and a restart of\n" +
    "PgBouncer is survived.",
  usual: "about 50 s",
  timeoutMs: 200_000,
  run: runPoolModes,
};

async function runPoolModes(context: DrillContext): Promise<DrillReport> {
  await findBouncer();
  const ground = await makeGround(context);
  const rows: (string | number)[][] = [];
  const findings: Finding[] = [];
  for (const poolMode of ["session", "transaction"] as const) {
    context.say(`${poolMode} mode`);
    const seen = await withTeardown(context, (t) => observe(t, ground, poolMode));
    rows.push([poolMode, ...seen.row]);
    findings.push(...seen.findings.map((one) => ({ ...one, promise: `${poolMode}: ${one.promise}` })));
  }
  const columns = [
    "pool mode",
    "uploads",
    "slowest upload ms",
    "slowest watch ms",
    "lock given up ms",
    "back ms",
  ];
  return { tables: [{ title: "Two nodes behind PgBouncer", columns, rows }], findings };
}

async function observe(
  t: Teardown,
  ground: DrillGround,
  poolMode: PoolMode,
): Promise<{ row: (string | number)[]; findings: Finding[] }> {
  const cluster = await DrillCluster.at(t, ground, poolMode);
  await cluster.start();
  await makeDatabase(cluster);
  const bouncer = await Bouncer.at(t, ground, cluster, DATABASE, poolMode);
  await bouncer.start();
  const first = await startNode(t, await makePlace(t, bouncer.url));
  const second = await startFurtherNode(t, first.place);
  const issue = await issuerAt(first.place);
  const caller = openCaller(t, first);
  const watch = follow(openCaller(t, second).watch());
  await caller.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  const uploads = await uploadAndWatch(caller, watch, issue);
  const locked = await uploadUnderLock(cluster, caller, issue);
  const backMs = await restart(bouncer, caller, watch, issue);
  return {
    row: [UPLOADS, slowestMs(uploads.samples), uploads.slowestWatchMs, Math.round(locked.tookMs), backMs],
    findings: [
      {
        promise: "uploads work",
        holds: uploads.samples.every(({ outcome }) => outcome === "ok"),
        seen: [...new Set(uploads.samples.map(({ outcome }) => outcome))].join(", "),
      },
      {
        promise: `the second node's watch shows each within ${WATCH_MS} ms`,
        holds: uploads.slowestWatchMs <= WATCH_MS,
        seen: `slowest ${uploads.slowestWatchMs} ms`,
      },
      {
        promise: `a wait for a lock is given up within ${LOCK_WAIT_MS} ms`,
        holds: locked.outcome === "UNAVAILABLE DATABASE_UNAVAILABLE" && locked.tookMs <= LOCK_WAIT_MS,
        seen: `${locked.outcome} after ${Math.round(locked.tookMs)} ms`,
      },
      {
        promise: `uploads work and are seen within ${RECOVERY_MS} ms of a restart of PgBouncer`,
        holds: backMs <= RECOVERY_MS,
        seen: `after ${backMs} ms`,
      },
    ],
  };
}

async function uploadAndWatch(caller: Caller, watch: Follower, issue: Issue) {
  const samples: Sample[] = [];
  let slowestWatchMs = 0;
  for (let index = 0; index < UPLOADS; index += 1) {
    const bytes = Buffer.from(await issue({ item: "gpu" }));
    let isSeen = Promise.resolve(false);
    const one = await sample(async () => {
      const { revision } = await caller.call("uploadLicense", { package: bytes });
      if (revision !== undefined) isSeen = watch.reaches(revision, 2 * WATCH_MS);
    });
    samples.push(one);
    const answeredAt = performance.now();
    const seenMs = (await isSeen) ? Math.round(performance.now() - answeredAt) : Number.POSITIVE_INFINITY;
    slowestWatchMs = Math.max(slowestWatchMs, seenMs);
  }
  return { samples, slowestWatchMs };
}

/** Somebody else holds the row that every write locks. */
async function uploadUnderLock(cluster: DrillCluster, caller: Caller, issue: Issue): Promise<Sample> {
  const bytes = Buffer.from(await issue({ item: "cdp" }));
  return withClient(cluster.url(DATABASE), async (client) => {
    await client.query("begin; select from store for update");
    const releasing = new AbortController();
    const release = delay(LOCK_HELD_MS, undefined, { signal: releasing.signal })
      .catch(() => undefined)
      .then(() => client.query("rollback"));
    const one = await sample(() => caller.call("uploadLicense", { package: bytes }));
    releasing.abort();
    await release;
    return one;
  });
}

/** Answers how long after its return an upload was answered and seen on the other node; Infinity: not in time. */
async function restart(bouncer: Bouncer, caller: Caller, watch: Follower, issue: Issue): Promise<number> {
  await bouncer.stop();
  await delay(1_000);
  await bouncer.start();
  const backAt = performance.now();
  while (performance.now() - backAt < 2 * RECOVERY_MS) {
    const bytes = Buffer.from(await issue({ item: "gpu" }));
    const answer = await caller.call("uploadLicense", { package: bytes }).catch(() => undefined);
    if (answer?.revision !== undefined && (await watch.reaches(answer.revision, RECOVERY_MS))) {
      return Math.round(performance.now() - backAt);
    }
    await delay(50);
  }
  return Number.POSITIVE_INFINITY;
}
