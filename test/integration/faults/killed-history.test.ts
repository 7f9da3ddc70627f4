import type { RecordedChange } from "@license-service/contract";
import test from "ava";
import { type Caller, openCaller } from "../../drills/parts/caller.ts";
import { BASE, issuerAt } from "../../drills/parts/issuer.ts";
import { makePlace, startFurtherNode, startNode } from "../../drills/parts/node.ts";
import { createTestDatabase } from "../../helpers/database.ts";

async function historyOf(caller: Caller): Promise<readonly RecordedChange[]> {
  const { changes } = await caller.call("listCapabilityChanges", { limit: 1000 });
  return changes.toReversed();
}

/** Changes that do not begin where the one before of their capability ended: told twice, or left out. */
function breaks(changes: readonly RecordedChange[]): readonly RecordedChange[] {
  const last = new Map<string, RecordedChange>();
  return changes.filter((change) => {
    const before = last.get(change.key);
    last.set(change.key, change);
    if (before === undefined) return false;
    return before.stateAfter !== change.stateBefore || before.reasonAfter !== change.reasonBefore;
  });
}

/** Capabilities that are not what the history says of them last. */
async function mismatches(caller: Caller, changes: readonly RecordedChange[]): Promise<readonly string[]> {
  const { capabilities } = await caller.call("getLicenseCapabilities");
  const last = new Map(changes.map((change) => [change.key, change]));
  const wrong = capabilities.filter(({ key, state, reason }) => {
    const told = last.get(key);
    return told !== undefined && (told.stateAfter !== state || told.reasonAfter !== reason);
  });
  return wrong.map(({ key }) => key);
}

test("a history that two nodes write is whole and tells nothing twice, though one of them is killed in the middle", async (t) => {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const place = await makePlace(t, database.url);
  const victim = await startNode(t, place);
  const caller = openCaller(t, victim);
  const other = openCaller(t, await startFurtherNode(t, place));
  const issue = await issuerAt(place);
  await caller.call("uploadLicense", { package: Buffer.from(await issue(BASE)) });
  let ups = 0;
  const flip = async () => {
    await caller.call("uploadLicense", { package: Buffer.from(await issue({ item: "gpu" })) });
    ups += 1;
    await caller.call("deleteLicense", { item: "gpu" });
  };
  for (let i = 0; i < 8; i += 1) await flip();
  const running = (async () => {
    for (;;) await flip();
  })().catch(() => undefined);
  while (ups < 12) await other.call("getLicenseCapabilities");
  await victim.end("SIGKILL");
  await running;

  const { revision } = await other.call("reloadLicense");
  await other.call("listCapabilityChanges", { minRevision: revision, limit: 1 });
  const afterKill = await historyOf(other);
  t.true(afterKill.filter(({ key }) => key === "gpu").length > 8);
  t.deepEqual(breaks(afterKill), []);
  t.deepEqual(await mismatches(other, afterKill), []);
  t.deepEqual(
    afterKill.map(({ sequence }) => Number(sequence)),
    afterKill.map((_, i) => i + 1),
  );

  const again = openCaller(t, await startNode(t, place));
  t.deepEqual(await historyOf(again), afterKill);
});
