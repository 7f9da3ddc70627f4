import { CapabilityReason, CapabilityState, OperationClass } from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { capabilityOf, standingOf } from "../../helpers/rpc-answers.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";

const WAYS_BACK = [OperationClass.STOP, OperationClass.DELETE, OperationClass.MIGRATE_AWAY];

test("ZC-ED-1: a new platform is in the community edition", async (t) => {
  const rpc = await startRpcService(t);
  const answer = await rpc.call("getLicenseCapabilities");
  t.is(answer.profile, "zstack-cloud");
  t.is(answer.revision?.revision, 0n);
  t.is(standingOf(answer, "compute"), "ENABLED GRANTED");
  t.is(standingOf(answer, "gpu"), "DISABLED NOT_LICENSED");
  t.deepEqual(capabilityOf(answer, "gpu").operations, WAYS_BACK);
  const keys = answer.capabilities.map(({ key }) => key);
  t.deepEqual(keys, keys.toSorted());
});

test("an answered upload is in the next read, and its revision says so", async (t) => {
  const rpc = await startRpcService(t);
  const uploaded = await rpc.install();
  const answer = await rpc.call("getLicenseCapabilities");
  t.deepEqual(answer.revision, uploaded.revision);
  const gpu = capabilityOf(answer, "gpu");
  t.is(gpu.state, CapabilityState.ENABLED);
  t.deepEqual(gpu.licenseIds, [uploaded.licenses[0]?.license?.id ?? ""]);
  t.is(gpu.nextState, CapabilityState.VIEW_ONLY);
  t.is(gpu.nextReason, CapabilityReason.EXPIRED);
  t.is(gpu.expireTime?.getTime(), answer.nextChangeAt?.getTime());
  t.is(capabilityOf(answer, "compute").meters.find(({ key }) => key === "base/cpus")?.limit, 64n);
});

test("EV-2: a question about another instant is answered by the licenses of now", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const now = rpc.clock.now();
  const at = (ms: number) => rpc.call("getLicenseCapabilities", { atTime: new Date(now + ms) });
  t.is(standingOf(await at(366 * DAY_MS), "gpu"), "VIEW_ONLY EXPIRED");
  t.is(standingOf(await at(-2 * DAY_MS), "gpu"), "DISABLED NOT_LICENSED");
  t.is((await at(7)).evaluatedAt?.getTime(), now + 7);
  t.is(standingOf(await rpc.call("getLicenseCapabilities"), "gpu"), "ENABLED GRANTED");
});

test("threat 29: an instant that no timestamp or no license can have is refused by field", async (t) => {
  const rpc = await startRpcService(t);
  for (const atTime of [new Date(-1), new Date(Date.UTC(10_000, 0, 1)), new Date(8.64e15)]) {
    for (const name of ["getLicenseCapabilities", "getLicenseInfo"] as const) {
      t.like(await rpcErrorOf(rpc.call(name, { atTime })), {
        code: 3,
        reason: "INVALID_REQUEST",
        fields: ["at_time"],
      });
    }
    const explain = rpc.call("explainCapability", { key: "gpu", atTime });
    t.like(await rpcErrorOf(explain), { reason: "INVALID_REQUEST", fields: ["at_time"] });
  }
  const last = await rpc.call("getLicenseCapabilities", { atTime: new Date(Date.UTC(10_000, 0, 1) - 1) });
  t.is(last.evaluatedAt?.toISOString(), "9999-12-31T23:59:59.999Z");
});

test("an answer that still holds is not sent again", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const first = await rpc.call("getLicenseCapabilities");
  const known = { knownRevision: first.revision, knownEvaluatedAt: first.evaluatedAt };
  const second = await rpc.call("getLicenseCapabilities", known);
  t.true(second.unchanged);
  t.deepEqual(second.capabilities, []);
  t.deepEqual(second.revision, first.revision);
  t.true((second.evaluatedAt?.getTime() ?? 0) >= (first.evaluatedAt?.getTime() ?? 0));
  const third = { knownRevision: second.revision, knownEvaluatedAt: second.evaluatedAt };
  t.true((await rpc.call("getLicenseCapabilities", third)).unchanged);
});

test("an answer that no longer holds is sent whole: another revision, or a change in between", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install();
  const first = await rpc.call("getLicenseCapabilities");
  const known = { knownRevision: first.revision, knownEvaluatedAt: first.evaluatedAt };
  const later = new Date(rpc.clock.now() + 366 * DAY_MS);
  t.false((await rpc.call("getLicenseCapabilities", { ...known, atTime: later })).unchanged);
  const before = { knownRevision: first.revision, knownEvaluatedAt: new Date(rpc.clock.now() - 2 * DAY_MS) };
  t.false((await rpc.call("getLicenseCapabilities", before)).unchanged);
  rpc.clock.jump(366 * DAY_MS);
  t.is(standingOf(await rpc.call("getLicenseCapabilities", known), "gpu"), "VIEW_ONLY EXPIRED");
  await rpc.install({ item: "gpu" });
  t.false((await rpc.call("getLicenseCapabilities", known)).unchanged);
  t.false((await rpc.call("getLicenseCapabilities", { knownRevision: first.revision })).unchanged);
});

test("a read waits for the revision that its caller has written", async (t) => {
  const rpc = await startRpcService(t);
  const { revision } = await rpc.install();
  if (revision === undefined) throw new Error("no revision");
  const next = { ...revision, revision: revision.revision + 1n };
  // Another node writes: this one learns of it while the read waits.
  const waiting = rpc.call("getLicenseCapabilities", { minRevision: next });
  await rpc.query("update store set revision = revision + 1");
  t.deepEqual((await waiting).revision, next);
});

test("a revision that does not come is UNAVAILABLE; one of another store or epoch can never come", async (t) => {
  const rpc = await startRpcService(t);
  const { revision } = await rpc.call("getLicenseCapabilities");
  if (revision === undefined) throw new Error("no revision");
  const wait = (minRevision: typeof revision) => rpc.call("getLicenseCapabilities", { minRevision });
  const never = { ...revision, revision: 1_000n };
  t.like(await rpcErrorOf(wait(never)), { code: 14, reason: "REVISION_NOT_REACHED" });
  for (const other of [
    { ...revision, storeId: "3f0c8f0e-5b8c-4d5e-9d53-0d4c9a2f7a11" },
    { ...revision, epoch: revision.epoch + 1n },
  ]) {
    t.like(await rpcErrorOf(wait(other)), { code: 9, reason: "OTHER_STORE" });
  }
  t.like(await rpcErrorOf(wait({ ...revision, storeId: "" })), {
    reason: "INVALID_REQUEST",
    fields: ["min_revision.store_id"],
  });
  t.deepEqual((await wait(revision)).revision, revision);
});

test("EV-5: an explanation names the deciding license, decides on an operation, and says what to do", async (t) => {
  const rpc = await startRpcService(t);
  const uploaded = await rpc.install();
  const id = uploaded.licenses[0]?.license?.id;
  const create = await rpc.call("explainCapability", { key: "gpu", operation: OperationClass.CREATE });
  t.true(create.operationAllowed);
  t.deepEqual(
    create.licenses.map((license) => license.id),
    [id ?? ""],
  );
  t.not(create.explanation, "");
  t.is(create.remedy, "");
  const atTime = new Date(rpc.clock.now() + 366 * DAY_MS);
  const ended = await rpc.call("explainCapability", { key: "gpu", operation: OperationClass.CREATE, atTime });
  t.false(ended.operationAllowed);
  t.not(ended.remedy, "");
  t.is((await rpc.call("explainCapability", { key: "gpu" })).operationAllowed, undefined);
});

test("a key that the product does not have is answered: only the ways back", async (t) => {
  const rpc = await startRpcService(t);
  const { capability, explanation } = await rpc.call("explainCapability", { key: "teleport" });
  t.is(capability?.reason, CapabilityReason.UNKNOWN_CAPABILITY);
  t.is(capability?.state, CapabilityState.DISABLED);
  t.deepEqual(capability?.operations, WAYS_BACK);
  t.not(explanation, "");
});

test("an explanation of nothing, of a text without end, or for no operation class is refused by field", async (t) => {
  const rpc = await startRpcService(t);
  const refused = (request: object, field: string) =>
    rpcErrorOf(rpc.call("explainCapability", request)).then((error) =>
      t.like(error, { reason: "INVALID_REQUEST", fields: [field] }),
    );
  await refused({ key: "" }, "key");
  await refused({ key: "x".repeat(101) }, "key");
  await refused({ key: "gpu", operation: 99 as never }, "operation");
});
