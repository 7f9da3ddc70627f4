import { GetLicenseCapabilitiesResponse, WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { ServiceError } from "../../../src/errors.ts";
import { messageIn } from "../../../src/rpc/encoded-message.ts";
import type { Snapshot } from "../../../src/snapshot/snapshot.ts";
import type { SnapshotHub } from "../../../src/snapshot/snapshot-hub.ts";
import { settled } from "../../helpers/fake-time.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

const START = ISSUED_AT;
const SECONDS = START / 1000;

/** The next snapshot that the hub tells its listeners. */
function nextSnapshot(hub: SnapshotHub): Promise<Snapshot> {
  return new Promise((resolve) => {
    const unsubscribe = hub.subscribe((snapshot) => {
      unsubscribe();
      resolve(snapshot);
    });
  });
}

function stateOf({ evaluation }: Snapshot, key: string): string {
  const found = evaluation.capabilities.find((capability) => capability.key === key);
  return `${found?.state} ${found?.reason}`;
}

test("EV-4: a license that ends in 100 days changes the snapshot at that very millisecond, with no request", async (t) => {
  const { time, install, startHub } = await createTestPlatform(START);
  await install({ exp: SECONDS + (100 * DAY_MS) / 1000 });
  const hub = await startHub(1_000 * DAY_MS);
  const told: Snapshot[] = [];
  hub.subscribe((snapshot) => told.push(snapshot));
  await time.pass(100 * DAY_MS - 1);
  t.deepEqual(told, []);
  t.is(stateOf(hub.current(), "gpu"), "ENABLED GRANTED");
  await time.pass(1);
  t.deepEqual(
    told.map((snapshot) => stateOf(snapshot, "gpu")),
    ["VIEW_ONLY EXPIRED"],
  );
  t.is(told[0]?.evaluation.at, START + 100 * DAY_MS);
  await hub.close();
});

test("threat 16: a clock that jumps over an end is noticed by the poll, and at once by a read", async (t) => {
  const { time, install, startHub } = await createTestPlatform(START);
  await install({ exp: SECONDS + DAY_MS / 1000 });
  const hub = await startHub();
  const told = nextSnapshot(hub);
  time.jump(2 * DAY_MS);
  await time.pass(1_000);
  t.is(stateOf(await told, "gpu"), "VIEW_ONLY EXPIRED");
  await hub.close();

  const other = await createTestPlatform(START);
  await other.install({ exp: SECONDS + DAY_MS / 1000 });
  const read = await other.startHub();
  other.time.jump(DAY_MS);
  t.is(stateOf(read.current(), "gpu"), "VIEW_ONLY EXPIRED");
  await read.close();
});

test("threat 15: a clock that is set back gives no ended license back", async (t) => {
  const { time, install, startHub } = await createTestPlatform(START);
  await install({ exp: SECONDS + DAY_MS / 1000 });
  const hub = await startHub(1_000 * DAY_MS);
  await time.pass(DAY_MS);
  time.jump(-2 * DAY_MS);
  await hub.refresh();
  t.is(stateOf(hub.current(), "gpu"), "VIEW_ONLY EXPIRED");
  await hub.close();
});

test("EV-6: a pending license counts from its start without any action", async (t) => {
  const { time, install, startHub } = await createTestPlatform(START);
  await install({ nbf: SECONDS + 60, exp: SECONDS + DAY_MS / 1000 });
  const hub = await startHub();
  t.is(hub.current().evaluation.edition, "community");
  t.is(hub.current().evaluation.nextChangeAt, START + 60_000);
  await time.pass(60_000);
  t.is(hub.current().evaluation.edition, "enterprise");
  await hub.close();
});

test("a new revision is found by the poll, though no hint comes", async (t) => {
  const { time, install, startHub } = await createTestPlatform(START);
  const hub = await startHub();
  const told = nextSnapshot(hub);
  await install({});
  await time.pass(1_000);
  const snapshot = await told;
  t.is(snapshot.state.revision.revision, 1n);
  t.is(stateOf(snapshot, "gpu"), "ENABLED GRANTED");
  await hub.close();
});

test("a hint is followed at once, without waiting for the poll", async (t) => {
  const { store, install, startHub } = await createTestPlatform(START);
  const hub = await startHub();
  const told = nextSnapshot(hub);
  await install({});
  store.hint();
  t.is((await told).state.revision.revision, 1n);
  await hub.close();
});

test("hints that come while a read runs make one more read, not one each", async (t) => {
  const { store, install, startHub } = await createTestPlatform(START);
  const hub = await startHub();
  const before = store.loads;
  const gate = Promise.withResolvers<void>();
  store.delay = gate.promise;
  store.hint();
  await settled();
  await install({});
  for (let i = 0; i < 100; i++) store.hint();
  const last = hub.refresh();
  gate.resolve();
  t.is((await last).state.revision.revision, 1n);
  t.is(store.loads, before + 2);
  await hub.close();
});

test("polls that find nothing new read no rows and tell nobody", async (t) => {
  const { time, store, install, startHub } = await createTestPlatform(START);
  await install({});
  const hub = await startHub();
  hub.subscribe(() => t.fail("nothing changed"));
  const before = store.loads;
  await time.pass(59_000);
  t.is(store.loads, before);
  t.pass();
  await hub.close();
});

test("EV-8: an edit by hand under an unchanged revision shows within a minute", async (t) => {
  const { time, store, install, startHub } = await createTestPlatform(START);
  await install({});
  const hub = await startHub();
  t.false(hub.wasEditedByHand);
  const told = nextSnapshot(hub);
  const [license] = store.state.licenses;
  t.truthy(license);
  if (license !== undefined) store.state = { ...store.state, licenses: [{ ...license, uploadSequence: 7 }] };
  await time.pass(61_000);
  const snapshot = await told;
  t.is(stateOf(snapshot, "gpu"), "DISABLED NOT_LICENSED");
  t.deepEqual(
    snapshot.state.alerts.map(({ kind, subject }) => `${kind} ${subject}`),
    [`TAMPERED_ROW ${license?.id}`],
  );
  t.true(hub.wasEditedByHand);
  await hub.close();
});

test("while the database is away the last state is served, says since when, and still ends on time", async (t) => {
  const { time, store, install, startHub } = await createTestPlatform(START);
  await install({ exp: SECONDS + 3_600 });
  const hub = await startHub();
  store.failure = new Error("connection refused");
  await time.pass(5_500);
  const away = GetLicenseCapabilitiesResponse.decode(messageIn(hub.current().encoded.capabilities));
  t.is(away.staleSince?.getTime(), START + 1_000);
  t.is(away.revision?.revision, 1n);
  await time.pass(3_600_000);
  t.is(stateOf(hub.current(), "gpu"), "VIEW_ONLY EXPIRED");
  const ended = WatchLicenseCapabilitiesResponse.decode(messageIn(hub.current().encoded.watch));
  t.is(ended.snapshot?.staleSince?.getTime(), START + 1_000);
  store.failure = undefined;
  await time.pass(1_000);
  await hub.refresh();
  t.is(hub.current().staleSince, undefined);
  await hub.close();
});

test("a database that does not answer counts as away after three seconds", async (t) => {
  const { time, store, startHub } = await createTestPlatform(START);
  const hub = await startHub();
  store.delay = new Promise(() => undefined);
  await time.pass(3_999);
  t.is(hub.current().staleSince, undefined);
  await time.pass(1);
  t.is(hub.current().staleSince, START + 4_000);
  await hub.close();
});

test("who waits for a database that does not answer is refused as DATABASE_UNAVAILABLE, and told when to ask again", async (t) => {
  const { time, store, startHub } = await createTestPlatform(START);
  const hub = await startHub();
  store.delay = new Promise(() => undefined);
  const refused = t.throwsAsync(hub.refresh(), { instanceOf: ServiceError });
  await time.pass(4_000);
  t.like(await refused, { reason: "DATABASE_UNAVAILABLE", retryAfterMs: 2_000 });
  await hub.close();
});

test("EV-3: two nodes encode one state at one instant byte for byte alike, whatever the order of rows", async (t) => {
  const { store, install, startHub } = await createTestPlatform(START);
  await install({});
  await install({ item: "gpu", edition: undefined, quotas: undefined });
  const one = await startHub();
  store.state = { ...store.state, licenses: store.state.licenses.toReversed() };
  const two = await startHub();
  t.deepEqual(one.current().encoded, two.current().encoded);
  t.deepEqual(
    WatchLicenseCapabilitiesResponse.decode(messageIn(one.current().encoded.watch)).snapshot,
    GetLicenseCapabilitiesResponse.decode(messageIn(one.current().encoded.capabilities)),
  );
  await one.close();
  await two.close();
});

test("a closed hub leaves no timer behind", async (t) => {
  const { time, install, startHub } = await createTestPlatform(START);
  await install({});
  const hub = await startHub();
  t.true(time.delays().length > 0);
  await hub.close();
  t.deepEqual(time.delays(), []);
});

test("a write that a node hears of twice, from itself and by a hint, is read once", async (t) => {
  const { store, install, startHub } = await createTestPlatform(ISSUED_AT);
  const hub = await startHub();
  t.teardown(() => hub.close());
  await install({});
  const { revision } = store.state;
  const before = store.loads;
  const gate = Promise.withResolvers<void>();
  store.delay = gate.promise;
  const read = hub.refresh();
  const caughtUp = hub.catchUp(revision);
  gate.resolve();
  await Promise.all([read, caughtUp]);
  t.is(store.loads, before + 1);
  t.deepEqual(hub.current().state.revision, revision);
  await hub.catchUp(revision);
  t.is(store.loads, before + 1);
});

test("catching up with a revision that the running read was too early for reads once more", async (t) => {
  const { store, install, startHub } = await createTestPlatform(ISSUED_AT);
  const hub = await startHub();
  t.teardown(() => hub.close());
  const before = store.loads;
  await hub.refresh();
  await install({});
  await hub.catchUp(store.state.revision);
  t.is(store.loads, before + 2);
  t.deepEqual(hub.current().state.revision, store.state.revision);
});
