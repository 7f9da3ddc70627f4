import test from "ava";
import { openQuotaStore } from "./_quota-store.ts";

const TEN = { guards: { "base/cpus": 10n } };

test("a report replaces what its reporter said of the meter, and nothing else", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.report("compute", { "base/cpus": 5n, "base/hosts": 2n });
  await quotas.report("storage", { "base/cpus": 3n });
  t.is(await quotas.report("compute", { "base/cpus": 1n }), 3n);
  t.deepEqual(await quotas.used(), { "base/cpus": 4n, "base/hosts": 2n });
  await quotas.report("compute", { "base/cpus": 0n });
  t.deepEqual(await quotas.used(), { "base/cpus": 3n, "base/hosts": 2n });
});

test("more than is allowed can be reported: it is the truth", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.report("compute", { "base/cpus": 500n });
  t.deepEqual(await quotas.used(), { "base/cpus": 500n });
});

test("commits that a report had not seen count beside it; those that it had seen are in it", async (t) => {
  const quotas = await openQuotaStore(t);
  const seen = await quotas.reserved({ "base/cpus": 2n }, TEN);
  const commit = await quotas.store.commitReservation(seen, "compute");
  const unseen = await quotas.reserved({ "base/cpus": 3n }, TEN);
  await quotas.store.commitReservation(unseen, "compute");
  t.deepEqual(await quotas.used(), { "base/cpus": 5n });
  const asOf = commit.outcome === "COMMITTED" ? commit.usageRevision : 0n;
  await quotas.report("compute", { "base/cpus": 2n }, asOf);
  t.deepEqual(await quotas.used(), { "base/cpus": 5n });
  await quotas.report("compute", { "base/cpus": 5n });
  t.deepEqual(await quotas.used(), { "base/cpus": 5n });
});

test("releases that a report had not seen are taken off it; leases count beside any report", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 4n }, TEN);
  const commit = await quotas.store.commitReservation(id, "compute");
  const asOf = commit.outcome === "COMMITTED" ? commit.usageRevision : 0n;
  await quotas.store.releaseReservation(id, "compute");
  await quotas.reserved({ "base/cpus": 1n }, TEN);
  await quotas.report("compute", { "base/cpus": 6n }, asOf);
  t.deepEqual(
    await quotas.used(),
    { "base/cpus": 3n },
    "6 counted before the release of 4, and a lease of 1",
  );
  await quotas.report("compute", { "base/cpus": 2n });
  t.deepEqual(await quotas.used(), { "base/cpus": 3n });
});

test("what one reporter released too much never hides what another uses", async (t) => {
  const quotas = await openQuotaStore(t);
  const id = await quotas.reserved({ "base/cpus": 9n }, TEN);
  await quotas.store.commitReservation(id, "compute");
  await quotas.report("compute", { "base/cpus": 1n });
  await quotas.report("storage", { "base/cpus": 5n });
  await quotas.store.releaseReservation(id, "compute");
  t.deepEqual(await quotas.used(), { "base/cpus": 5n });
});

test("a report as of a revision that lies ahead is refused, and changes nothing", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.report("compute", { "base/cpus": 1n });
  t.is(await quotas.report("compute", { "base/cpus": 2n }, 2n), undefined);
  t.is(await quotas.report("compute", { "base/cpus": 2n }, 2n ** 64n - 1n), undefined);
  t.deepEqual(await quotas.used(), { "base/cpus": 1n });
  t.is(await quotas.report("compute", { "base/cpus": 2n }, 1n), 2n);
});

test("a list shows who reported what and when, stale from 24 hours on, and the leases, the latest first", async (t) => {
  const quotas = await openQuotaStore(t);
  await quotas.report("storage", { "base/cpus": 5n });
  await quotas.report("compute", { "base/cpus": 1n, "base/hosts": 1n });
  await quotas
    .knex("quota_reports")
    .where({ reporter: "storage" })
    .update({ reported_at: quotas.knex.raw("reported_at - interval '24 hours 1 second'") });
  const ended = await quotas.reserved({ "base/cpus": 1n }, TEN);
  const first = await quotas.reserved({ "base/cpus": 1n, "base/hosts": 1n }, { guards: {} });
  const second = await quotas.reserved({ "base/cpus": 1n }, { guards: {} }, { resourceId: "vm-2" });
  await quotas.endLease(ended);
  const query = { meter: undefined, limit: 100, pageToken: undefined };
  const all = await quotas.store.listUsage(query);
  t.deepEqual(
    all.reports.map(({ meter, reporter, amount, isStale }) => [meter, reporter, amount, isStale]),
    [
      ["base/cpus", "compute", 1n, false],
      ["base/cpus", "storage", 5n, true],
      ["base/hosts", "compute", 1n, false],
    ],
  );
  t.deepEqual(all.leases.map(({ id }) => id).toSorted(), [first, second].toSorted());
  t.deepEqual(Object.fromEntries(all.usage.totals), { "base/cpus": 8n, "base/hosts": 2n });
  const hosts = await quotas.store.listUsage({ ...query, meter: "base/hosts" });
  t.deepEqual(
    hosts.leases.map(({ id }) => id),
    [first],
  );
  t.is(hosts.reports.length, 1);
});

test("leases are listed page by page, each once, and a token holds for its meter alone", async (t) => {
  const quotas = await openQuotaStore(t);
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await quotas.reserved({ "base/cpus": 1n }, TEN));
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const page = await quotas.store.listUsage({ meter: "base/cpus", limit: 2, pageToken });
    found.push(...page.leases.map(({ id }) => id));
    pageToken = page.nextPageToken;
    if (pageToken !== undefined) {
      const other = quotas.store.listUsage({ meter: undefined, limit: 2, pageToken });
      await t.throwsAsync(other, { message: /another meter/ });
    }
  } while (pageToken !== undefined);
  t.deepEqual(found.toSorted(), ids.toSorted());
});
