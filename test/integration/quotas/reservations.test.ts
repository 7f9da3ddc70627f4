import test from "ava";
import { allowanceOf, openQuotaStore } from "./_quota-store.ts";

const TEN = { guards: { "base/cpus": 10n } };
const VMWARE = {
  guards: { "base/cpus": 10n },
  overflows: [{ source: "vmware/cpus", limit: 4n, target: "base/cpus" }],
};

test("threat 21: what was reserved counts at once, and no more is given than the limit", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.reserved({ "base/cpus": 7n }, TEN);
  t.deepEqual(await quotas.reserve({ "base/cpus": 4n }, TEN), {
    outcome: "QUOTA_EXCEEDED",
    meter: "base/cpus",
    used: 7n,
  });
  await quotas.reserved({ "base/cpus": 3n }, TEN);
  t.deepEqual(await quotas.used(), { "base/cpus": 10n });
});

test("threat 21: a reservation of several meters is all or nothing", async (t) => {
  const quotas = await openQuotaStore(t);
  const limits = { guards: { "base/cpus": 10n, "backup/vms": 1n } };
  await quotas.reserved({ "backup/vms": 1n, "base/cpus": 2n }, limits);
  const second = await quotas.reserve({ "backup/vms": 1n, "base/cpus": 2n }, limits);
  t.like(second, { outcome: "QUOTA_EXCEEDED", meter: "backup/vms" });
  t.deepEqual(await quotas.used(), { "backup/vms": 1n, "base/cpus": 2n });
});

test("a meter without a guard has no limit, and counts beyond 2^53 without loss", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.reserved({ "base/vms": 2n ** 53n + 1n }, { guards: {} });
  t.deepEqual(await quotas.used(), { "base/vms": 2n ** 53n + 1n });
});

test("64-bit extremes neither wrap around nor get past a limit", async (t) => {
  const quotas = await openQuotaStore(t);
  const most = 2n ** 63n - 1n;
  await quotas.report("compute", { "base/cpus": most });
  await quotas.report("storage", { "base/cpus": most });
  t.deepEqual(await quotas.used(), { "base/cpus": most }, "what is sent has 64 bits");
  t.like(await quotas.reserve({ "base/cpus": most }, { guards: { "base/cpus": most } }), {
    outcome: "QUOTA_EXCEEDED",
    used: 2n * most,
  });
});

test("threat 21: a repeated request answers as the first time, and counts once", async (t) => {
  const quotas = await openQuotaStore(t);
  const more = { idempotencyKey: "again" };
  const first = await quotas.reserve({ "base/cpus": 7n }, TEN, more);
  t.deepEqual(await quotas.reserve({ "base/cpus": 7n }, TEN, more), first);
  const narrower = { guards: { "base/cpus": 1n }, mayCreate: false };
  t.deepEqual(await quotas.reserve({ "base/cpus": 7n }, narrower, more), first, "whatever is allowed by now");
  t.deepEqual(await quotas.used(), { "base/cpus": 7n });
});

test("a key with other content is refused; another reporter's key is another", async (t) => {
  const quotas = await openQuotaStore(t);
  const idempotencyKey = "mine";
  await quotas.reserved({ "base/cpus": 1n }, TEN, { idempotencyKey });
  for (const other of [{ leaseMs: 61_000 }, { resourceId: "other" }]) {
    const outcome = await quotas.reserve({ "base/cpus": 1n }, TEN, { idempotencyKey, ...other });
    t.is(outcome.outcome, "IDEMPOTENCY_KEY_REUSED");
  }
  const amount = await quotas.reserve({ "base/cpus": 2n }, TEN, { idempotencyKey });
  t.is(amount.outcome, "IDEMPOTENCY_KEY_REUSED");
  await quotas.reserved({ "base/cpus": 2n }, TEN, { idempotencyKey, reporter: "storage" });
  t.deepEqual(await quotas.used(), { "base/cpus": 3n });
});

test("threat 21: limits of other licenses than those in the database decide nothing", async (t) => {
  const quotas = await openQuotaStore(t);
  const allowance = await allowanceOf(quotas, TEN);
  await quotas.install();
  const request = {
    reporter: "compute",
    idempotencyKey: "late",
    resourceId: "",
    leaseMs: 60_000,
    amounts: [{ meter: "base/cpus", amount: 1n }],
  };
  t.deepEqual(await quotas.store.reserve(request, allowance), { outcome: "OTHER_REVISION" });
  t.deepEqual(await quotas.used(), {});
});

test("EV-7: where nothing may be created, nothing is reserved", async (t) => {
  const quotas = await openQuotaStore(t);
  const outcome = await quotas.reserve({ "base/cpus": 1n }, { ...TEN, mayCreate: false });
  t.deepEqual(outcome, { outcome: "CREATE_NOT_ALLOWED" });
  t.is((await quotas.store.loadUsage()).revision, 0n);
});

test("ZC-PL-4: a reservation splits over its own meter and the base", async (t) => {
  const quotas = await openQuotaStore(t);
  const outcome = await quotas.reserve({ "vmware/cpus": 6n }, VMWARE);
  t.like(outcome, { outcome: "RESERVED" });
  if (outcome.outcome !== "RESERVED") return;
  t.deepEqual(outcome.reserved.draws, new Map([["vmware/cpus", [{ meter: "base/cpus", amount: 2n }]]]));
});

test("ZC-PL-4: the base's limit holds for what VMware moves to it, and for what is asked of the base", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.reserved({ "base/cpus": 7n }, VMWARE);
  await quotas.reserved({ "vmware/cpus": 6n }, VMWARE);
  t.like(await quotas.reserve({ "vmware/cpus": 2n }, VMWARE), {
    outcome: "QUOTA_EXCEEDED",
    meter: "base/cpus",
    used: 9n,
  });
  t.like(await quotas.reserve({ "base/cpus": 2n }, VMWARE), { outcome: "QUOTA_EXCEEDED", used: 9n });
  await quotas.reserved({ "vmware/cpus": 1n }, VMWARE);
  t.like(await quotas.reserve({ "base/cpus": 1n }, VMWARE), { outcome: "QUOTA_EXCEEDED", used: 10n });
});

test("ZC-PL-4: what fits into its own meter takes nothing of a base that is full", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.report("compute", { "base/cpus": 12n });
  await quotas.reserved({ "vmware/cpus": 4n }, VMWARE);
  t.like(await quotas.reserve({ "vmware/cpus": 1n }, VMWARE), {
    outcome: "QUOTA_EXCEEDED",
    meter: "base/cpus",
  });
});

test("over quota nothing is taken away, and nothing new is given", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 9n }, TEN);
  const smaller = { guards: { "base/cpus": 4n } };
  t.like(await quotas.reserve({ "base/cpus": 1n }, smaller), { outcome: "QUOTA_EXCEEDED", used: 9n });
  t.like(await quotas.store.commitReservation(id, "compute"), { outcome: "COMMITTED" });
  t.deepEqual(await quotas.used(), { "base/cpus": 9n });
});

test("threat 21: an ended lease gives back by itself, when somebody needs the room", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 10n }, TEN);
  await quotas.endLease(id);
  t.deepEqual(await quotas.used(), { "base/cpus": 0n }, "also before anybody cleans up");
  await quotas.reserved({ "base/cpus": 10n }, TEN);
  t.deepEqual(await quotas.used(), { "base/cpus": 10n });
});

test("ended leases are given back once, and the usage revision tells of it", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 3n }, TEN);
  await quotas.reserved({ "base/cpus": 1n }, TEN);
  await quotas.endLease(id);
  t.like(await quotas.store.readRevisions(), { usageRevision: 2n, isLeaseDue: true });
  await Promise.all(Array.from({ length: 5 }, () => quotas.store.endDueLeases()));
  t.like(await quotas.store.readRevisions(), { usageRevision: 3n, isLeaseDue: false });
  t.deepEqual(await quotas.used(), { "base/cpus": 1n });
});

test("a commit keeps what was reserved beyond its lease, and answers once more as the first time", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 3n }, TEN);
  const first = await quotas.store.commitReservation(id, "compute");
  t.like(first, { outcome: "COMMITTED", usageRevision: 2n });
  t.deepEqual(await quotas.store.commitReservation(id, "compute"), first);
  await quotas.endLease(id);
  await quotas.store.endDueLeases();
  t.deepEqual(await quotas.used(), { "base/cpus": 3n });
});

test("a commit after the lease's end is LEASE_ENDED, and stays so", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 3n }, TEN);
  await quotas.endLease(id);
  t.deepEqual(await quotas.store.commitReservation(id, "compute"), { outcome: "LEASE_ENDED" });
  await quotas.knex("quota_reservations").update({ expires_at: new Date(Date.now() + 3_600_000) });
  t.deepEqual(await quotas.store.commitReservation(id, "compute"), { outcome: "LEASE_ENDED" });
  t.not(await quotas.store.releaseReservation(id, "compute"), undefined, "to release it is allowed");
  t.deepEqual(await quotas.store.commitReservation(id, "compute"), { outcome: "LEASE_ENDED" });
  t.deepEqual(await quotas.used(), { "base/cpus": 0n });
});

test("a release gives back a lease and a commit, once", async (t) => {
  const quotas = await openQuotaStore(t);
  const leased = await quotas.reserved({ "base/cpus": 3n }, TEN);
  const committed = await quotas.reserved({ "base/cpus": 4n }, TEN);
  const commit = await quotas.store.commitReservation(committed, "compute");
  const first = await quotas.store.releaseReservation(leased, "compute");
  t.deepEqual(await quotas.used(), { "base/cpus": 4n });
  t.is(await quotas.store.releaseReservation(leased, "compute"), first);
  const second = await quotas.store.releaseReservation(committed, "compute");
  t.is(await quotas.store.releaseReservation(committed, "compute"), second);
  t.deepEqual(await quotas.used(), { "base/cpus": 0n });
  t.deepEqual(await quotas.store.commitReservation(committed, "compute"), commit, "as the first time");
  t.deepEqual(await quotas.store.commitReservation(leased, "compute"), { outcome: "RESERVATION_RELEASED" });
});

test("nobody commits or releases what another reporter reserved, or what never was", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 3n }, TEN);
  const unknown = { outcome: "RESERVATION_UNKNOWN" } as const;
  t.deepEqual(await quotas.store.commitReservation(id, "storage"), unknown);
  t.is(await quotas.store.releaseReservation(id, "storage"), undefined);
  t.deepEqual(await quotas.store.commitReservation(quotas.nodeId, "compute"), unknown);
  t.is(await quotas.store.releaseReservation(quotas.nodeId, "compute"), undefined);
  t.deepEqual(await quotas.store.readRevisions().then(({ usageRevision }) => usageRevision), 1n);
});

test("a reservation waits for no upload", async (t) => {
  const quotas = await openQuotaStore(t);
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const upload = quotas.store.write(async () => {
    started.resolve();
    await finish.promise;
  });
  await started.promise;
  t.like(await quotas.reserve({ "base/cpus": 1n }, TEN), { outcome: "RESERVED" });
  finish.resolve();
  await upload;
});
