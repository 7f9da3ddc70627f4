import test from "ava";
import { standingOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

/** The part of a quota change that is about use, where nothing is in use. */
const UNUSED = { usedBefore: 0n, usedAfter: 0n, overBefore: false, overAfter: false, overBy: 0n };

test("LI-7: one license is deleted by its id; the one below it is in force again", async (t) => {
  const rpc = await startRpcService(t);
  const first = await rpc.install();
  const second = await rpc.install({ quotas: { cpus: 128 }, iat: Math.floor(rpc.clock.now() / 1000) - 10 });
  const licenseId = second.licenses[0]?.license?.id ?? "";
  const deleted = await rpc.call("deleteLicense", { licenseId });
  t.deepEqual(deleted.deletedLicenseIds, [licenseId]);
  t.deepEqual(deleted.quotaChanges, [{ key: "base/cpus", limitBefore: 128n, limitAfter: 64n, ...UNUSED }]);
  t.is(deleted.revision?.revision, 3n);
  const info = await rpc.call("getLicenseInfo");
  t.is(info.license?.id, first.licenses[0]?.license?.id);
  t.deepEqual(info.revision, deleted.revision);
});

test("LI-7: the last base may go; its modules stay with BASE_MISSING, as the dry run said", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard" });
  await rpc.install({ item: "gpu" });
  const before = await rpc.dump();
  const dry = await rpc.call("deleteLicense", { item: "base", validateOnly: true });
  t.is(await rpc.dump(), before);
  t.true(dry.validateOnly);
  t.is(dry.revision?.revision, 2n);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "ENABLED GRANTED");
  const real = await rpc.call("deleteLicense", { item: "base" });
  t.is(real.revision?.revision, 3n);
  t.deepEqual(dry.capabilityChanges, real.capabilityChanges);
  t.deepEqual(dry.deletedLicenseIds, real.deletedLicenseIds);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "DISABLED BASE_MISSING");
  await rpc.install();
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "ENABLED GRANTED");
});

test("LI-7: deleting by item deletes every license of it, ended and pending ones too", async (t) => {
  const rpc = await startRpcService(t);
  const now = Math.floor(rpc.clock.now() / 1000);
  await rpc.install({ iat: now - 100 });
  await rpc.install({ iat: now - 90, nbf: now + 86_400 });
  await rpc.install({ item: "gpu" });
  const deleted = await rpc.call("deleteLicense", { item: "base" });
  t.is(deleted.deletedLicenseIds.length, 2);
  t.deepEqual(deleted.deletedLicenseIds, deleted.deletedLicenseIds.toSorted());
  t.is((await rpc.call("getLicenseInfo")).additions.length, 1);
});

test("what is not installed cannot be deleted, and nothing is written", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const before = await rpc.dump();
  const targets = [
    { licenseId: "3f0c8f0e-5b8c-4d5e-9d53-0d4c9a2f7a11" },
    { licenseId: "no uuid at all" },
    { item: "gpu" },
    { item: "teleport" },
  ];
  for (const target of targets) {
    t.like(await rpcErrorOf(rpc.call("deleteLicense", target)), { code: 5, reason: "NOT_FOUND" });
  }
  t.is(await rpc.dump(), before);
});

test("a deletion without a target is refused by field", async (t) => {
  const rpc = await startRpcService(t);
  const refused = async (request: object) => (await rpcErrorOf(rpc.call("deleteLicense", request))).fields;
  t.deepEqual(await refused({}), ["license_id"]);
  t.deepEqual(await refused({ licenseId: "" }), ["license_id"]);
  t.deepEqual(await refused({ item: "" }), ["item"]);
});
