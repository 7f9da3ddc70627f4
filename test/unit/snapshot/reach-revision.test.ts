import test from "ava";
import type { ServiceError } from "../../../src/errors.ts";
import { reachRevision } from "../../../src/snapshot/reach-revision.ts";
import { settled } from "../../helpers/fake-time.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

async function setUp() {
  const platform = await createTestPlatform(ISSUED_AT);
  const hub = await platform.startHub();
  const { revision } = hub.current().state;
  const { signal } = new AbortController();
  const reach = (wanted: Partial<typeof revision>, until = signal) =>
    reachRevision(hub, platform.time.timers, { ...revision, ...wanted }, until);
  return { ...platform, hub, reach };
}

const reasonOf = (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => "reached",
    (error: ServiceError) => error.reason,
  );

test("a revision that is committed meanwhile is reached without waiting for the poll", async (t) => {
  const { install, hub, reach } = await setUp();
  await install({});
  await reach({ revision: 1n });
  t.is(hub.current().state.revision.revision, 1n);
  await hub.close();
});

test("a revision that does not come is given up after two seconds", async (t) => {
  const { time, hub, reach } = await setUp();
  let outcome = "waiting";
  const done = reasonOf(reach({ revision: 9n })).then((reason) => {
    outcome = reason;
  });
  await time.pass(1_999);
  t.is(outcome, "waiting");
  await time.pass(1);
  await done;
  t.is(outcome, "REVISION_NOT_REACHED");
  await hub.close();
});

test("a revision of another store or epoch is refused at once", async (t) => {
  const { hub, reach } = await setUp();
  t.is(await reasonOf(reach({ storeId: "another" })), "OTHER_STORE");
  t.is(await reasonOf(reach({ epoch: 2n })), "OTHER_STORE");
  await hub.close();
});

test("a store that changes under the wait is another store", async (t) => {
  const { store, hub, reach } = await setUp();
  const reason = reasonOf(reach({ revision: 9n }));
  await settled();
  store.state = { ...store.state, revision: { ...store.state.revision, epoch: 2n } };
  await hub.refresh();
  t.is(await reason, "OTHER_STORE");
  await hub.close();
});

test("a wait that ends, whichever way, leaves no subscription and no timer behind", async (t) => {
  const { time, store, install, hub, reach } = await setUp();
  const before = time.delays().length;
  await install({});
  await reach({ revision: 1n });
  await reasonOf(reach({ epoch: 2n }));
  const caller = new AbortController();
  const left = reasonOf(reach({ revision: 9n }, caller.signal));
  store.failure = new Error("connection refused");
  await settled();
  caller.abort();
  t.is(await left, "REVISION_NOT_REACHED");
  await hub.refresh().catch(() => undefined);
  t.is(hub.subscriberCount, 0);
  t.is(time.delays().length, before + 1, "the poll, and the end of the license that was installed");
  await hub.close();
});
