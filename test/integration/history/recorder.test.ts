/** Recorders of several nodes on one real database; the licenses come from a store in memory, at a time that stands still. */
import { randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { DAY_MS } from "../../../src/domain/license.ts";
import { HistoryRecorder } from "../../../src/history/history-recorder.ts";
import type { SnapshotHub } from "../../../src/snapshot/snapshot-hub.ts";
import type { ChangeRow } from "../../../src/store/history-types.ts";
import { createStore, type Store } from "../../../src/store/store.ts";
import { createTestPlatform, type TestPlatform } from "../../helpers/test-hub.ts";
import { openFaultyNetwork } from "../store/faulty-network.ts";
import { openTestPool, openTestStore } from "../store/fixtures.ts";

const START = Date.UTC(2026, 0, 1);

/** A poll that never comes: what a node sees, the test lets it see. */
const NEVER_MS = 2_000_000_000;

const BASE = { edition: "standard", exp: undefined } as const;
const GPU = { item: "gpu", edition: undefined, quotas: undefined, exp: undefined } as const;

interface NodeOptions {
  readonly nodeId?: string;
  readonly programVersion?: string;
  /** Default: straight to the database. */
  readonly store?: Store;
  readonly lines?: string[];
}

interface TestNode {
  readonly hub: SnapshotHub;
  readonly recorder: HistoryRecorder;
  readonly nodeId: string;
  /** Reads the licenses, and records what it sees. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

interface Ground {
  readonly url: string;
  readonly store: Store;
  readonly platform: TestPlatform;
  query(sql: string): Promise<unknown>;
  startNode(options?: NodeOptions): Promise<TestNode>;
  /** The whole history, the oldest first. */
  history(): Promise<readonly ChangeRow[]>;
  /** What the history tells of a capability, in short, the oldest first. */
  told(key: string): Promise<readonly string[]>;
}

async function makeGround(t: ExecutionContext): Promise<Ground> {
  const { url, knex, store } = await openTestStore(t);
  const platform = await createTestPlatform(START);
  await knex("store").update({ store_id: platform.store.state.revision.storeId });
  const history = async () => {
    const all = { limit: 1000, key: undefined, since: undefined, until: undefined };
    return (await store.listCapabilityChanges(all)).changes.toReversed();
  };
  return {
    url,
    store,
    platform,
    query: (sql) => knex.raw(sql),
    startNode: (options) => startNode(t, platform, store, options),
    history,
    told: async (key) => (await history()).filter((change) => change.key === key).map(inShort),
  };
}

async function startNode(
  t: ExecutionContext,
  { startHub, time }: TestPlatform,
  shared: Store,
  { nodeId = randomUUID(), programVersion = "1.0.0", store = shared, lines = [] }: NodeOptions = {},
): Promise<TestNode> {
  await shared.registerNode({ id: nodeId, name: "node" });
  const hub = await startHub(NEVER_MS);
  const { clock, timers } = time;
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const recorder = new HistoryRecorder({ hub, store, clock, timers, log, nodeId, programVersion });
  const stop = async () => {
    await recorder.close();
    await hub.close();
  };
  t.teardown(stop);
  await recorder.caughtUp();
  const look = async () => {
    await hub.refresh();
    await recorder.caughtUp();
  };
  return { hub, recorder, nodeId, look, stop };
}

function inShort({ reasonBefore, reasonAfter, cause, effectiveAt }: ChangeRow): string {
  return `${reasonBefore} -> ${reasonAfter}, ${cause}, day ${(effectiveAt - START) / DAY_MS}`;
}

test("two nodes that see the same changes at once record each of them once", async (t) => {
  const { platform, startNode, told, history } = await makeGround(t);
  await platform.install(BASE);
  const [a, b] = [await startNode(), await startNode()];
  for (let round = 0; round < 5; round += 1) {
    // Each license ends a day after its upload.
    await platform.install({ ...GPU, jti: `gpu-${round}`, exp: START / 1000 + (round * 2 + 1) * 86_400 });
    await Promise.all([a.look(), b.look()]);
    await platform.time.pass(DAY_MS);
    await Promise.all([a.recorder.caughtUp(), b.recorder.caughtUp()]);
    await platform.time.pass(DAY_MS);
  }
  const ofGpu = await told("gpu");
  t.deepEqual(
    ofGpu,
    [0, 1, 2, 3, 4].flatMap((round) => [
      `${round === 0 ? "NOT_LICENSED" : "EXPIRED"} -> GRANTED, UPLOAD, day ${round * 2}`,
      `GRANTED -> EXPIRED, TIME, day ${round * 2 + 1}`,
    ]),
  );
  const sequences = (await history()).map(({ sequence }) => Number(sequence));
  t.deepEqual(
    sequences,
    sequences.map((_, i) => i + 1),
  );
});

test("a restarted node tells what ended while none ran, at the license's own instant", async (t) => {
  const { platform, startNode, told } = await makeGround(t);
  await platform.install(BASE);
  await platform.install({ ...GPU, exp: START / 1000 + 86_400 });
  const { stop, nodeId } = await startNode();
  await stop();
  await platform.time.pass(10 * DAY_MS);
  await startNode({ nodeId });
  t.deepEqual(await told("gpu"), ["GRANTED -> EXPIRED, TIME, day 1"]);
  const again = await startNode({ nodeId });
  await again.look();
  t.is((await told("gpu")).length, 1);
});

test("a node that lags behind takes nothing back, however often it looks", async (t) => {
  const { platform, startNode, told, store } = await makeGround(t);
  await platform.install(BASE);
  const [late, early] = [await startNode(), await startNode()];
  await platform.install(GPU);
  await early.look();
  const expected = ["NOT_LICENSED -> GRANTED, UPLOAD, day 0"];
  t.deepEqual(await told("gpu"), expected);
  const { mark } = await store.readHistoryMark(randomUUID());
  await platform.time.pass(3 * 60_000);
  await late.recorder.caughtUp();
  t.deepEqual(await told("gpu"), expected);
  t.is((await store.readHistoryMark(randomUUID())).mark?.version, mark?.version);
});

test("EV-8: a node that has not seen an edit by hand yet does not take it for undone", async (t) => {
  const { platform, startNode, told } = await makeGround(t);
  await platform.install(BASE);
  await platform.install(GPU);
  const [unaware, aware] = [await startNode(), await startNode()];
  const { state } = platform.store;
  platform.store.state = {
    ...state,
    licenses: state.licenses.map((row, i) => (i === 1 ? { ...row, sequenceJws: "broken" } : row)),
  };
  await aware.look();
  const expected = ["GRANTED -> NOT_LICENSED, TAMPERING, day 0"];
  t.deepEqual(await told("gpu"), expected);
  await platform.time.pass(60_000);
  await unaware.recorder.caughtUp();
  await platform.time.pass(60_000);
  await aware.recorder.caughtUp();
  t.deepEqual(await told("gpu"), expected);
});

test("usage over a quota is told, and what its teller did not live to take back another node does", async (t) => {
  const { platform, startNode, told } = await makeGround(t);
  await platform.install(BASE);
  const [teller, other] = [await startNode(), await startNode()];
  platform.store.use({ "base/cpus": 65n });
  await teller.look();
  await teller.stop();
  platform.store.use({ "base/cpus": 64n });
  await other.hub.refreshUsage();
  t.deepEqual(await told("compute"), ["GRANTED -> OVER_QUOTA, USAGE, day 0"]);
  await platform.time.pass(60_000);
  await other.recorder.caughtUp();
  const [, back] = await told("compute");
  t.regex(back ?? "", /^OVER_QUOTA -> GRANTED, USAGE/);
});

test("numbers of use that change no capability write nothing", async (t) => {
  const { platform, startNode, history, store } = await makeGround(t);
  await platform.install(BASE);
  const node = await startNode();
  const { mark } = await store.readHistoryMark(randomUUID());
  for (let cpus = 1n; cpus <= 20n; cpus += 1n) {
    platform.store.use({ "base/cpus": cpus });
    await node.look();
  }
  await platform.time.pass(120_000);
  await node.recorder.caughtUp();
  t.deepEqual(await history(), []);
  t.is((await store.readHistoryMark(randomUUID())).mark?.version, mark?.version);
});

test("nodes of two versions do not take turns: the mark stays with the one that made it until it is away", async (t) => {
  const { platform, startNode, store, query } = await makeGround(t);
  await platform.install(BASE);
  const first = await startNode({ programVersion: "1.0.0" });
  const second = await startNode({ programVersion: "2.0.0" });
  const versionOfMark = async () => (await store.readHistoryMark(randomUUID())).mark?.inputs.programVersion;
  await platform.time.pass(60_000);
  await Promise.all([first.recorder.caughtUp(), second.recorder.caughtUp()]);
  t.is(await versionOfMark(), "1.0.0");
  await first.stop();
  await query(
    `update nodes set heartbeat_at = date_trunc('milliseconds', now() - interval '2 minutes') where id = '${first.nodeId}'`,
  );
  await platform.time.pass(60_000);
  await second.recorder.caughtUp();
  t.is(await versionOfMark(), "2.0.0");
});

test("while the database is away the history waits, says so once, and then tells all of it", async (t) => {
  const { url, platform, startNode, told } = await makeGround(t);
  await platform.install(BASE);
  await platform.install({ ...GPU, exp: START / 1000 + 86_400 });
  const network = await openFaultyNetwork(t, url);
  const lines: string[] = [];
  const store = createStore(await openTestPool(t, network.url));
  const node = await startNode({ store, lines });
  await network.cut();
  await platform.time.pass(DAY_MS);
  await node.recorder.caughtUp();
  await platform.time.pass(5_000);
  await node.recorder.caughtUp();
  t.deepEqual(await told("gpu"), []);
  t.is(lines.filter((line) => line.includes("cannot be recorded for now")).length, 1);
  await network.repair();
  await platform.time.pass(5_000);
  await node.recorder.caughtUp();
  t.deepEqual(await told("gpu"), ["GRANTED -> EXPIRED, TIME, day 1"]);
  t.true(lines.at(-1)?.includes("recorded again"));
});

test("a database that was replaced by another store gets no history of this one", async (t) => {
  const { platform, startNode, history, query } = await makeGround(t);
  await platform.install(BASE);
  const node = await startNode();
  await query("update store set store_id = gen_random_uuid()");
  await platform.install(GPU);
  await node.look();
  t.deepEqual(await history(), []);
});

test("a clock that is set back by its own node is told once, and by no other while that node lives", async (t) => {
  const { platform, store, told } = await makeGround(t);
  await platform.install(BASE);
  await platform.install({ ...GPU, exp: START / 1000 + 86_400 });
  const ahead = await startNode(t, platform, store);
  platform.time.jump(400 * DAY_MS);
  await ahead.look();
  t.deepEqual(await told("gpu"), ["GRANTED -> EXPIRED, TIME, day 1"]);
  await ahead.stop();
  // The same licenses by a right clock.
  const right = await createTestPlatform(START);
  await right.install(BASE);
  await right.install({ ...GPU, exp: START / 1000 + 86_400 });
  const other = await startNode(t, right, store);
  await other.look();
  t.is((await told("gpu")).length, 1);
  await other.stop();
  const same = await startNode(t, right, store, { nodeId: ahead.nodeId });
  await same.look();
  await same.look();
  t.deepEqual(await told("gpu"), ["GRANTED -> EXPIRED, TIME, day 1", "EXPIRED -> GRANTED, TIME, day 0"]);
});
