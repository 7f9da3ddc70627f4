import { status } from "@grpc/grpc-js";
import test from "ava";
import { startQuotaService, toAmounts } from "./_quota-service.ts";

const EXCEEDED = { code: status.RESOURCE_EXHAUSTED, reason: "QUOTA_EXCEEDED" };

test("EV-7: available is quota minus usage, never below zero, and over quota is its own flag", async (t) => {
  const rpc = await startQuotaService(t);
  await rpc.install({ quotas: { cpus: 8 } });
  t.is(await rpc.meter("base/cpus"), "0 of 8, 8 left");
  const { meters } = await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 5n }) });
  t.like(meters[0], { key: "base/cpus", used: 5n, limit: 8n, available: 3n, over: false });
  await rpc.reserve({ "base/cpus": 3n });
  t.is(await rpc.meter("base/cpus"), "8 of 8, 0 left");
  t.like(await t.throwsAsync(rpc.reserve({ "base/cpus": 1n })), EXCEEDED);
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 9n }) });
  t.is(await rpc.meter("base/cpus"), "12 of 8, 0 left, over");
});

test("ZV-AL-3: over quota, capabilities are RESTRICTED; they come back with the usage", async (t) => {
  const rpc = await startQuotaService(t);
  await rpc.install({ quotas: { cpus: 8 } });
  const reasonOf = async () => (await rpc.call("explainCapability", { key: "gpu" })).capability?.reason;
  const granted = await reasonOf();
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 9n }) });
  t.not(await reasonOf(), granted);
  t.like(
    await t.throwsAsync(rpc.reserve({ "base/vms": 1n })),
    EXCEEDED,
    "base/vms has no limit, but base/cpus is over",
  );
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 8n }) });
  t.is(await reasonOf(), granted);
  t.truthy(await rpc.reserve({ "base/vms": 1n }));
});

test("a larger license is reserved by at once, a smaller one holds at once and takes nothing away", async (t) => {
  const rpc = await startQuotaService(t);
  await rpc.install({ quotas: { cpus: 8 } });
  const { reservationId } = await rpc.reserve({ "base/cpus": 8n });
  await rpc.install({ quotas: { cpus: 9 } });
  await rpc.reserve({ "base/cpus": 1n });
  await rpc.install({ quotas: { cpus: 2 } });
  t.is(await rpc.meter("base/cpus"), "9 of 2, 0 left, over");
  t.like(await t.throwsAsync(rpc.reserve({ "base/cpus": 1n })), EXCEEDED);
  t.truthy((await rpc.quota("commitReservation", { reservationId })).commitTime);
  t.is(await rpc.meter("base/cpus"), "9 of 2, 0 left, over");
});

test("ZC-PL-4: a vmware reservation splits over vmware/cpus and base/cpus", async (t) => {
  const rpc = await startQuotaService(t);
  await rpc.install({ quotas: { cpus: 8 } });
  await rpc.install({ item: "vmware", quotas: { cpus: 4 } });
  const { amounts } = await rpc.reserve({ "vmware/cpus": 6n });
  t.deepEqual(amounts, [
    { meter: "vmware/cpus", amount: 6n, draws: toAmounts({ "base/cpus": 2n, "vmware/cpus": 4n }) },
  ]);
  t.is(await rpc.meter("vmware/cpus"), "4 of 4, 0 left");
  t.is(await rpc.meter("base/cpus"), "2 of 8, 6 left");
  await rpc.reserve({ "base/cpus": 5n });
  t.like(await t.throwsAsync(rpc.reserve({ "vmware/cpus": 2n })), EXCEEDED);
  t.truthy(await rpc.reserve({ "vmware/cpus": 1n }));
});

test("EV-7: without a capability that may create there is CREATE_NOT_ALLOWED, and releases go on", async (t) => {
  const rpc = await startQuotaService(t);
  const seconds = Math.floor(Date.now() / 1_000);
  await rpc.install({ quotas: { cpus: 8 }, exp: seconds + 3_600 });
  const { reservationId } = await rpc.reserve({ "base/cpus": 1n });
  rpc.clock.jump(2 * 3_600_000);
  const refused = await t.throwsAsync(rpc.reserve({ "base/cpus": 1n }));
  t.like(refused, { code: status.FAILED_PRECONDITION, reason: "CREATE_NOT_ALLOWED" });
  t.like(await t.throwsAsync(rpc.reserve({ "backup/vms": 1n })), { reason: "CREATE_NOT_ALLOWED" });
  await rpc.quota("releaseReservation", { reservationId });
  t.is((await rpc.quota("listUsage", { meter: "base/cpus" })).meters[0]?.used, 0n);
});

test("a repeated reservation is answered as the first time, also once nothing may be created", async (t) => {
  const rpc = await startQuotaService(t);
  const seconds = Math.floor(Date.now() / 1_000);
  await rpc.install({ quotas: { cpus: 8 }, exp: seconds + 3_600 });
  const request = { amounts: toAmounts({ "base/cpus": 2n }), idempotencyKey: "key", resourceId: "vm-1" };
  const first = await rpc.quota("reserveQuota", request);
  t.deepEqual(await rpc.quota("reserveQuota", request), first);
  t.deepEqual(await rpc.quota("reserveQuota", { ...request, lease: { seconds: 60n, nanos: 0 } }), first);
  rpc.clock.jump(2 * 3_600_000);
  t.deepEqual(await rpc.quota("reserveQuota", request), first);
  const other = rpc.quota("reserveQuota", { ...request, resourceId: "vm-2" });
  t.like(await t.throwsAsync(other), { reason: "IDEMPOTENCY_KEY_REUSED" });
  t.is((await rpc.quota("listUsage", { meter: "base/cpus" })).meters[0]?.used, 2n);
});

test("reporters are apart: neither keys, nor reports, nor reservations of one are another's", async (t) => {
  const rpc = await startQuotaService(t);
  await rpc.install({ quotas: { cpus: 8 } });
  const [compute, storage] = [await rpc.newReporter("compute"), await rpc.newReporter("storage")];
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 1n }) }, compute);
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 2n }) }, storage);
  const { reservationId } = await rpc.reserve({ "base/cpus": 1n }, compute);
  const unknown = { code: status.FAILED_PRECONDITION, reason: "RESERVATION_UNKNOWN" };
  t.like(await t.throwsAsync(rpc.quota("commitReservation", { reservationId }, storage)), unknown);
  t.like(await t.throwsAsync(rpc.quota("releaseReservation", { reservationId }, storage)), unknown);
  await rpc.quota("commitReservation", { reservationId: reservationId.toUpperCase() }, compute);
  const { reports } = await rpc.quota("listUsage", {}, storage);
  t.deepEqual(
    reports.map(({ reporter, amount, committed, stale }) => [reporter, amount, committed, stale]),
    [
      ["compute", 1n, 1n, false],
      ["storage", 2n, 0n, false],
    ],
  );
});

test("a reporter's new token of the same name goes on where the old one was", async (t) => {
  const rpc = await startQuotaService(t);
  await rpc.install({ quotas: { cpus: 8 } });
  const [before, after] = [await rpc.newReporter("compute"), await rpc.newReporter("compute")];
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 4n }) }, before);
  await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 5n }) }, after);
  t.is(await rpc.meter("base/cpus"), "5 of 8, 3 left");
});

test("a service that only reads sees the usage in its snapshot, with the usage revision", async (t) => {
  const rpc = await startQuotaService(t, { pollMs: 100 });
  await rpc.install({ quotas: { cpus: 8 } });
  const known = await rpc.call("getLicenseCapabilities");
  const { usageRevision } = await rpc.quota("reportUsage", { usages: toAmounts({ "base/cpus": 5n }) });
  const read = await rpc.call("getLicenseCapabilities", {
    knownRevision: known.revision,
    knownEvaluatedAt: known.evaluatedAt,
  });
  t.false(read.unchanged, "the revision of licenses is the same, but usage is not");
  t.is(read.usageRevision, usageRevision);
  const meters = read.capabilities.find(({ key }) => key === "compute")?.meters ?? [];
  t.is(meters.find(({ key }) => key === "base/cpus")?.used, 5n);
});
