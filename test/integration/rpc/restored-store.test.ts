import { CapabilityState } from "@license-service/contract";
import test from "ava";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { type RpcService, startRpcService } from "../../helpers/rpc-service.ts";

const TABLES = ["store", "licenses", "license_records", "revisions"];

/** Keeps what a backup would keep; the returned function puts it back at once, as a restore does. */
async function backUp({ query }: RpcService): Promise<() => Promise<void>> {
  for (const table of TABLES) await query(`create table backup_${table} as table ${table}`);
  return async () => {
    const back = TABLES.map(
      (table) => `delete from ${table}; insert into ${table} select * from backup_${table};`,
    );
    await query(`begin; ${back.join(" ")} commit`);
  };
}

test("threat 18: a database restored under a running node gives the restored rights under a new epoch, with an alert", async (t) => {
  const rpc = await startRpcService(t, { pollMs: 100 });
  await rpc.install({ edition: "standard" });
  const putBack = await backUp(rpc);
  const { revision: late } = await rpc.install({ item: "gpu" });
  const watch = rpc.watch();
  const stateOfGpu = ({ snapshot }: Awaited<ReturnType<typeof watch.next>>) =>
    snapshot?.capabilities.find(({ key }) => key === "gpu")?.state;
  await watch.next((message) => stateOfGpu(message) === CapabilityState.ENABLED);

  await putBack();
  const restored = await watch.next(({ snapshot }) => snapshot?.revision?.epoch === 2n);
  t.not(stateOfGpu(restored), CapabilityState.ENABLED);
  t.like(restored.snapshot?.revision, { storeId: late?.storeId, epoch: 2n, revision: 1n });

  const info = await rpc.call("getLicenseInfo");
  t.is(info.revision?.epoch, 2n);
  const alert = info.alerts.find(({ subject }) => subject === "epoch 2");
  t.regex(
    alert?.message ?? "",
    /older state: revision 1 of epoch 1, where revision 2 of epoch 1 had been seen/,
  );
  const error = await rpcErrorOf(rpc.call("getLicenseCapabilities", { minRevision: late }));
  t.is(error.reason, "OTHER_STORE");

  const { revision } = await rpc.install({ item: "gpu" });
  t.like(revision, { epoch: 2n, revision: 2n });
});

test("a node whose database turns into another store goes on with what it had, and takes no writes", async (t) => {
  const rpc = await startRpcService(t, { pollMs: 100 });
  await rpc.install();
  const before = await rpc.call("getLicenseCapabilities");
  await rpc.query("update store set store_id = gen_random_uuid(), revision_id = gen_random_uuid()");
  const watch = rpc.watch();
  t.is((await rpcErrorOf(rpc.call("reloadLicense"))).reason, "DATABASE_UNAVAILABLE");
  const after = await rpc.call("getLicenseCapabilities");
  t.deepEqual(after.capabilities, before.capabilities);
  t.deepEqual(after.revision, before.revision);
  t.true(after.staleSince instanceof Date);
  await t.throwsAsync(rpc.call("uploadLicense", { package: Buffer.from(await rpc.issue({ item: "gpu" })) }), {
    message: /The database is away; nothing was changed/,
  });
  watch.cancel();
});
