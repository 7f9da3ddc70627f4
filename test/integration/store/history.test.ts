/** The history of effective changes on real PostgreSQL: its mark, its pages. */
import { randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { ServiceError } from "../../../src/errors.ts";
import type { HistoryMove } from "../../../src/store/history-mark.ts";
import type { HistoryPoint, NewChange } from "../../../src/store/history-types.ts";
import type { Store } from "../../../src/store/store.ts";
import { openTestStore } from "./fixtures.ts";

const AT = Date.parse("2026-03-04T05:06:07.089Z");
const NO_REVISION = "00000000-0000-0000-0000-000000000000";

const POINT: HistoryPoint = {
  inputs: {
    epoch: 1n,
    revision: 7n,
    usageRevision: 9_007_199_254_740_993n,
    uploadSequences: [1, 3, 9_007_199_254_740_991],
    reacquiredAt: AT - 5,
    tamperedHash: "hash",
    usbHash: "keys",
    profile: "zstack-cloud",
    productVersion: "",
    programVersion: "1.2.3",
  },
  evaluatedAt: AT,
  outcomes: new Map([["gpu", { state: "ENABLED", reason: "GRANTED", operations: ["VIEW", "STOP"] }]]),
};

const CHANGE: NewChange = {
  effectiveAt: AT,
  key: "gpu",
  before: { state: "ENABLED", reason: "GRANTED", operations: ["VIEW", "STOP"] },
  after: { state: "DISABLED", reason: "EXPIRED", operations: ["STOP", "DELETE", "MIGRATE_AWAY"] },
  cause: "TIME",
  licenseIds: ["6f1c0a52-8a7d-5c44-9d0e-2b7c4f1f8f10", "6f1c0a52-8a7d-5c44-9d0e-2b7c4f1f8f11"],
  explanation: 'License 6f1c0a52 (gpu, paid) ended; \\ "quoted" \u{1F600}.',
  epoch: 1n,
  revision: 7n,
};

interface History {
  readonly store: Store;
  readonly nodeId: string;
  readonly storeId: string;
  move(parts?: Partial<HistoryMove>): Promise<boolean>;
  read(): ReturnType<Store["readHistoryMark"]>;
}

async function openHistory(t: ExecutionContext): Promise<History> {
  const { store, nodeId } = await openTestStore(t);
  const { storeId } = (await store.readRevisions()).revision;
  const read = () => store.readHistoryMark(NO_REVISION);
  return {
    store,
    nodeId,
    storeId,
    read,
    async move(parts = {}) {
      const fromVersion = (await read()).mark?.version;
      return store.moveHistory({
        storeId,
        fromVersion,
        to: POINT,
        changes: [],
        recordedAt: AT,
        nodeId,
        ...parts,
      });
    },
  };
}

/** Begins a history, and gives it changes. */
async function record(history: History, changes: readonly NewChange[]): Promise<void> {
  if ((await history.read()).mark === undefined) await history.move();
  await history.move({ changes });
}

function listAll(store: Store) {
  return store.listCapabilityChanges({ limit: 100, key: undefined, since: undefined, until: undefined });
}

test("a new store has no mark; the first one is made once, and reads back as it was written", async (t) => {
  const { store, nodeId, storeId, move, read } = await openHistory(t);
  t.like(await read(), { storeId, mark: undefined, committedAt: undefined });
  t.true(await move());
  t.false(await move({ fromVersion: undefined }));
  const { mark } = await read();
  t.deepEqual(mark, { ...POINT, version: 1n, nodeId, isNodeAway: false });
  t.deepEqual((await listAll(store)).changes, []);
});

test("a change reads back as it was recorded, with the next number", async (t) => {
  const history = await openHistory(t);
  await record(history, [CHANGE, { ...CHANGE, key: "cdp" }]);
  const { changes, nextPageToken, revision } = await listAll(history.store);
  const { epoch, revision: number } = CHANGE;
  t.deepEqual(
    changes.map(({ sequence, key }) => [sequence, key]),
    [
      [2n, "cdp"],
      [1n, "gpu"],
    ],
  );
  t.deepEqual(changes[1], {
    sequence: 1n,
    effectiveAt: AT,
    recordedAt: AT,
    key: "gpu",
    stateBefore: "ENABLED",
    reasonBefore: "GRANTED",
    stateAfter: "DISABLED",
    reasonAfter: "EXPIRED",
    operationsAfter: ["STOP", "DELETE", "MIGRATE_AWAY"],
    cause: "TIME",
    licenseIds: CHANGE.licenseIds,
    explanation: CHANGE.explanation,
    revision: { storeId: history.storeId, epoch, revision: number },
    nodeId: history.nodeId,
  });
  t.is(nextPageToken, undefined);
  t.is(revision.storeId, history.storeId);
});

test("of rivals that move the mark from one version one wins, and only its changes are recorded", async (t) => {
  const history = await openHistory(t);
  await history.move();
  const fromVersion = (await history.read()).mark?.version;
  const rivals = Array.from({ length: 8 }, () => {
    const change = { ...CHANGE, explanation: randomUUID() };
    return history.move({ fromVersion, changes: [change, change], nodeId: randomUUID() });
  });
  const outcomes = await Promise.all(rivals);
  t.is(outcomes.filter(Boolean).length, 1);
  const { changes } = await listAll(history.store);
  t.is(changes.length, 2);
  t.is(changes[0]?.explanation, changes[1]?.explanation);
  t.deepEqual(
    changes.map(({ sequence }) => sequence),
    [2n, 1n],
  );
});

test("a write that fails in the middle leaves mark and changes as they were", async (t) => {
  const history = await openHistory(t);
  await record(history, [CHANGE]);
  const before = await history.read();
  const broken = { ...CHANGE, licenseIds: ["no uuid"] };
  await t.throwsAsync(history.move({ changes: [CHANGE, broken], to: { ...POINT, evaluatedAt: AT + 1 } }));
  t.deepEqual(await history.read(), before);
  t.is((await listAll(history.store)).changes.length, 1);
  await record(history, [CHANGE]);
  t.is((await listAll(history.store)).changes[0]?.sequence, 2n);
});

test("another store takes no move of this one's history", async (t) => {
  const history = await openHistory(t);
  await history.move();
  t.false(await history.move({ storeId: randomUUID(), changes: [CHANGE] }));
  t.deepEqual((await listAll(history.store)).changes, []);
});

test("the mark's node is away once its heartbeat is a minute old, or when nobody knows it", async (t) => {
  const { knex, store, nodeId } = await openTestStore(t);
  const { storeId } = (await store.readRevisions()).revision;
  const isAway = async () => (await store.readHistoryMark(NO_REVISION)).mark?.isNodeAway;
  const move = { storeId, to: POINT, changes: [], recordedAt: AT, nodeId };
  await store.moveHistory({ ...move, fromVersion: undefined });
  t.false(await isAway());
  await knex.raw("update nodes set heartbeat_at = date_trunc('milliseconds', now() - interval '61 seconds')");
  t.true(await isAway());
  await store.moveHistory({ ...move, fromVersion: 1n, nodeId: randomUUID() });
  t.true(await isAway());
});

test("the commit of a state is told by the database's clock", async (t) => {
  const { store, install } = await openTestStore(t);
  const before = Date.now();
  await install();
  const { revisionId } = await store.readRevisions();
  const { committedAt = 0 } = await store.readHistoryMark(revisionId);
  t.true(committedAt >= before - 1 && committedAt <= Date.now());
});

test("pages are the latest first, whole and each change once, also while more are recorded", async (t) => {
  const history = await openHistory(t);
  const many = Array.from({ length: 5 }, (_, i) => ({ ...CHANGE, effectiveAt: AT + i }));
  await record(history, many);
  const filter = { limit: 2, key: undefined, since: undefined, until: undefined };
  const seen: bigint[] = [];
  let pageToken: string | undefined;
  do {
    const page = await history.store.listCapabilityChanges({ ...filter, pageToken });
    seen.push(...page.changes.map(({ sequence }) => sequence));
    pageToken = page.nextPageToken;
    await history.move({ changes: [CHANGE] });
  } while (pageToken !== undefined);
  t.deepEqual(seen, [5n, 4n, 3n, 2n, 1n]);
});

test("key, since and until choose: since is within, until is not", async (t) => {
  const history = await openHistory(t);
  await record(history, [
    CHANGE,
    { ...CHANGE, key: "cdp", effectiveAt: AT + 1 },
    { ...CHANGE, effectiveAt: AT + 2 },
  ]);
  const list = async (filter: { key?: string; since?: number; until?: number }) => {
    const { key, since, until } = filter;
    const { changes } = await history.store.listCapabilityChanges({ limit: 10, key, since, until });
    return changes.map(({ sequence }) => Number(sequence));
  };
  t.deepEqual(await list({ key: "gpu" }), [3, 1]);
  t.deepEqual(await list({ since: AT + 1 }), [3, 2]);
  t.deepEqual(await list({ until: AT + 1 }), [1]);
  t.deepEqual(await list({ since: AT + 1, until: AT + 2 }), [2]);
  t.deepEqual(await list({ since: AT, until: AT }), []);
  t.deepEqual(await list({ key: "cdp", until: AT + 1 }), []);
});

test("a token is good for the filter that it was given under, and for nothing made up", async (t) => {
  const history = await openHistory(t);
  await record(history, [CHANGE, CHANGE]);
  const filter = { limit: 1, key: "gpu", since: AT, until: undefined };
  const { nextPageToken } = await history.store.listCapabilityChanges(filter);
  t.regex(nextPageToken ?? "", /^[A-Za-z0-9_-]+$/);
  const encode = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");
  const good = { before: "2", key: "gpu", since: AT, until: null };
  const cases: readonly [token: string, parts: object][] = [
    [nextPageToken ?? "", { key: undefined }],
    [nextPageToken ?? "", { since: AT - 1 }],
    [nextPageToken ?? "", { until: AT + 9 }],
    ["", {}],
    ["made up", {}],
    ["x".repeat(100_000), {}],
    [encode({ ...good, before: "-1" }), {}],
    [encode({ ...good, before: "0" }), {}],
    [encode({ ...good, before: "9".repeat(19) }), {}],
    [encode({ ...good, before: 2 }), {}],
    [encode({ ...good, more: 1 }), {}],
  ];
  for (const [pageToken, parts] of cases) {
    const listing = history.store.listCapabilityChanges({ ...filter, ...parts, pageToken });
    const error = await t.throwsAsync(listing, { instanceOf: ServiceError }, pageToken.slice(0, 80));
    t.deepEqual([error?.reason, error?.fields[0]?.field], ["INVALID_REQUEST", "page_token"]);
  }
});
