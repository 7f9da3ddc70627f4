import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import type { HistoryMove } from "../../../src/store/history-mark.ts";
import { createStore } from "../../../src/store/store.ts";
import { openFaultyNetwork } from "./faulty-network.ts";
import { installIn, makeLicense, openTestPool, openTestStore } from "./fixtures.ts";

test("a commit whose answer is lost is an error that says so, and the change may be there", async (t) => {
  const { url, store, nodeId } = await openTestStore(t);
  const network = await openFaultyNetwork(t, url);
  const distant = createStore(await openTestPool(t, network.url));
  const license = makeLicense();
  network.cutAfterCommit();
  const error = await t.throwsAsync(
    distant.write((tx) => installIn(tx, license, nodeId)),
    { instanceOf: ServiceError },
  );
  t.is(error?.reason, "DATABASE_UNAVAILABLE");
  t.regex(error?.message ?? "", /may have been made: ask again/);
  t.deepEqual(
    (await store.loadState()).licenses.map(({ id }) => id),
    [license.id],
  );
});

test("a server that fell silent is given up, and its connection is not used again", async (t) => {
  const { url } = await openTestStore(t);
  const network = await openFaultyNetwork(t, url);
  const distant = createStore(await openTestPool(t, `${network.url}&query_timeout=1000`));
  await distant.readRevisions();
  network.silence();
  const error = await t.throwsAsync(distant.readRevisions(), { instanceOf: ServiceError });
  t.is(error?.reason, "DATABASE_UNAVAILABLE");
  t.is((await distant.readRevisions()).revision.revision, 0n);
});

/** A move that begins the history of another store: none. */
function historyMove(id: string): HistoryMove {
  const inputs = {
    epoch: 1n,
    revision: 0n,
    usageRevision: 0n,
    uploadSequences: [],
    reacquiredAt: undefined,
    tamperedHash: "",
    usbHash: "",
    profile: "",
    productVersion: "",
    programVersion: "",
  };
  const to = { inputs, evaluatedAt: 0, outcomes: new Map() };
  return { storeId: id, fromVersion: undefined, to, changes: [], recordedAt: 0, nodeId: id };
}

test("every read and write says DATABASE_UNAVAILABLE while the database is away, and works when it is back", async (t) => {
  const { url, nodeId, platform } = await openTestStore(t);
  const network = await openFaultyNetwork(t, url);
  const distant = createStore(await openTestPool(t, network.url));
  await network.cut();
  const id = nodeId;
  const token = {
    id,
    name: "a",
    role: "viewer",
    sha256: "0".repeat(64),
    createdAt: 0,
    expiresAt: undefined,
  } as const;
  const reservation = {
    reporter: "compute",
    idempotencyKey: "key",
    resourceId: "",
    amounts: [{ meter: "base/cpus", amount: 1n }],
    leaseMs: 60_000,
  };
  const mark = { id, storeId: id, epoch: 1n, revision: 0n };
  const allowance = { mark, mayCreate: true, guards: [], overflows: [] };
  const calls: Record<keyof typeof distant, () => Promise<unknown>> = {
    loadState: () => distant.loadState(),
    raiseEpoch: () => distant.raiseEpoch(),
    readRevisions: () => distant.readRevisions(),
    write: () => distant.write(async () => {}),
    listRecords: () => distant.listRecords({ limit: 1 }),
    loadUsage: () => distant.loadUsage(),
    endDueLeases: () => distant.endDueLeases(),
    reserve: () => distant.reserve(reservation, allowance),
    commitReservation: () => distant.commitReservation(id, "compute"),
    releaseReservation: () => distant.releaseReservation(id, "compute"),
    reportUsage: () => distant.reportUsage({ reporter: "compute", usages: [], asOf: undefined }),
    listUsage: () => distant.listUsage({ meter: undefined, limit: 1, pageToken: undefined }),
    countRecords: () => distant.countRecords(),
    listCapabilityChanges: () =>
      distant.listCapabilityChanges({ limit: 1, key: undefined, since: undefined, until: undefined }),
    readHistoryMark: () => distant.readHistoryMark(id),
    moveHistory: () => distant.moveHistory(historyMove(id)),
    withPlatformLock: () => distant.withPlatformLock(async () => {}),
    registerPlatform: () => distant.registerPlatform(platform),
    readPlatform: () => distant.readPlatform(),
    registerNode: () => distant.registerNode({ id, name: "node-1" }),
    beatNode: () => distant.beatNode({ id, name: "node-1", version: "" }),
    readUsb: () => distant.readUsb(),
    writeSight: () => distant.writeSight(id, ""),
    requestUsbScan: () => distant.requestUsbScan(),
    insertToken: () => distant.insertToken(token),
    listTokens: () => distant.listTokens(),
    revokeToken: () => distant.revokeToken({ id, revokedAt: 1 }),
    hasAdminToken: () => distant.hasAdminToken(1),
  };
  for (const [name, call] of Object.entries(calls)) {
    const error = await t.throwsAsync(call, { instanceOf: ServiceError }, name);
    t.is(error?.reason, "DATABASE_UNAVAILABLE", name);
  }
  await network.repair();
  for (const [name, call] of Object.entries(calls)) await t.notThrowsAsync(call, name);
});
