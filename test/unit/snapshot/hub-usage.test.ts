/** What a node does about usage: how often it reads it, and whom it tells. */
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import type { Snapshot } from "../../../src/snapshot/snapshot.ts";
import { settled } from "../../helpers/fake-time.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

const NEVER = 1_000 * DAY_MS;

/** A platform with 4 CPUs of the base, its hub, and what the hub tells. */
async function startHub(pollMs = NEVER) {
  const platform = await createTestPlatform(ISSUED_AT);
  await platform.install({ quotas: { cpus: 4 } });
  const hub = await platform.startHub(pollMs);
  const told: Snapshot[] = [];
  const usageTold: Snapshot[] = [];
  hub.subscribe((snapshot) => told.push(snapshot));
  hub.subscribe((snapshot) => usageTold.push(snapshot), { includeUsage: true });
  return { ...platform, hub, told, usageTold };
}

function cpusOf({ evaluation }: Snapshot) {
  return evaluation.meters.find(({ key }) => key === "base/cpus");
}

test("usage that changes no state is told only to who asked for it, at most once a second", async (t) => {
  const { time, store, hub, told, usageTold } = await startHub();
  for (const cpus of [1n, 2n, 3n]) {
    store.use({ "base/cpus": cpus });
    await hub.refreshUsage();
  }
  t.is(cpusOf(hub.current())?.used, 3n, "who reads is answered by the latest");
  t.deepEqual(
    usageTold.map((snapshot) => cpusOf(snapshot)?.used),
    [1n],
  );
  await time.pass(1_000);
  t.deepEqual(
    usageTold.map((snapshot) => cpusOf(snapshot)?.used),
    [1n, 3n],
  );
  t.deepEqual(told, []);
  await hub.close();
});

test("ZV-AL-3: a meter that comes over its quota is told to everybody at once, and so is its way back", async (t) => {
  const { store, hub, told, usageTold } = await startHub();
  const states = () =>
    told.map((snapshot) => snapshot.evaluation.capabilities.find(({ key }) => key === "gpu")?.reason);
  store.use({ "base/cpus": 5n });
  await hub.refreshUsage();
  t.deepEqual(states(), ["OVER_QUOTA"]);
  store.use({ "base/cpus": 4n });
  await hub.refreshUsage();
  t.deepEqual(states(), ["OVER_QUOTA", "GRANTED"]);
  t.is(usageTold.length, 2);
  t.false(hub.wasEditedByHand, "usage is no edit by hand");
  await hub.close();
});

test("the poll reads usage again when its revision moved, and licenses not", async (t) => {
  const { time, store, hub } = await startHub(1_000);
  const { loads } = store;
  store.use({ "base/cpus": 2n });
  await time.pass(1_000);
  t.is(cpusOf(hub.current())?.used, 2n);
  t.is(hub.current().state.usageRevision, 1n);
  await time.pass(10_000);
  t.is(store.loads, loads);
  t.is(store.usageLoads, 1);
  await hub.close();
});

test("a node that changes usage reads it at once, and then at most four times a second", async (t) => {
  const { time, store, hub } = await startHub();
  for (let n = 0; n < 1_000; n += 1) hub.noteUsage();
  await settled();
  t.is(store.usageLoads, 1);
  await time.pass(250);
  t.is(store.usageLoads, 2);
  await time.pass(10_000);
  t.is(store.usageLoads, 2);
  await hub.close();
  t.deepEqual(time.delays(), []);
});

test("usage never goes back when a read of the whole state that began earlier ends later", async (t) => {
  const { store, hub } = await startHub();
  const gate = Promise.withResolvers<void>();
  const old = store.state;
  const { loadState } = store;
  store.loadState = async () => {
    await gate.promise;
    return old;
  };
  const refreshed = hub.refresh();
  store.use({ "base/cpus": 3n });
  await hub.refreshUsage();
  gate.resolve();
  await refreshed;
  t.is(cpusOf(hub.current())?.used, 3n);
  store.loadState = loadState;
  await hub.close();
});

test("while the database is away the last usage stands, and the snapshot says so", async (t) => {
  const { store, hub } = await startHub();
  store.use({ "base/cpus": 3n });
  await hub.refreshUsage();
  store.failure = new Error("connection refused");
  await t.throwsAsync(hub.refreshUsage());
  t.is(hub.current().staleSince, ISSUED_AT);
  t.is(cpusOf(hub.current())?.used, 3n);
  store.failure = undefined;
  await hub.refresh();
  t.is(hub.current().staleSince, undefined);
  await hub.close();
});

test("threat 18: usage of a database that was restored counts, though its revision is a lower one", async (t) => {
  const { time, store, hub } = await startHub(1_000);
  store.use({ "base/cpus": 1n });
  const backup = store.state;
  store.use({ "base/cpus": 3n });
  await hub.refreshUsage();
  store.state = backup;
  await time.pass(1_000);
  t.is(cpusOf(hub.current())?.used, 1n);
  t.is(hub.current().state.usageRevision, 1n);
  await hub.close();
});
