import test from "ava";
import { ServiceError } from "../../../src/errors.ts";
import { createStore } from "../../../src/store/store.ts";
import {
  installIn,
  makeLicense,
  openTestPool,
  openTestStore,
  terminateConnections,
  UPLOADED_AT,
} from "./fixtures.ts";

test("EV-8: an installed license is read back exactly as it was written", async (t) => {
  const { store, nodeId, platform } = await openTestStore(t);
  const license = makeLicense();
  const { result, revision } = await store.write((tx) => installIn(tx, license, nodeId));
  t.is(result, 1);
  const { revisionId, ...state } = await store.loadState();
  t.is(revisionId, (await store.readRevisions()).revisionId);
  t.deepEqual(state, {
    revision,
    platform,
    reacquisitions: [],
    restores: [],
    putOffs: [],
    usbState: undefined,
    usage: { revision: 0n, totals: new Map() },
    licenses: [
      {
        id: license.id,
        signedBytes: `header.${license.jti}.signature`,
        uploadSequence: 1,
        sequenceJws: "row.1.1",
        uploadedAt: UPLOADED_AT,
        uploadedByNodeId: nodeId,
      },
    ],
  });
});

test("twenty writes at once, from two nodes, give twenty consecutive revisions and upload sequences", async (t) => {
  const { url, knex, store, nodeId } = await openTestStore(t);
  const other = createStore(await openTestPool(t, url));
  const written = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? store : other).write(async (tx) => {
        const { licenses, revision } = await tx.state();
        const uploadSequence = await installIn(tx, makeLicense(), nodeId);
        return { seen: licenses.length, before: revision.revision, uploadSequence };
      }),
    ),
  );
  const ordered = written.sort((a, b) => Number(a.revision.revision - b.revision.revision));
  t.deepEqual(
    ordered.map(({ revision, result }) => ({ revision: revision.revision, ...result })),
    Array.from({ length: 20 }, (_, n) => ({
      revision: BigInt(n + 1),
      seen: n,
      before: BigInt(n),
      uploadSequence: n + 1,
    })),
  );
  t.is((await store.readRevisions()).revision.revision, 20n);
  t.deepEqual(await knex("licenses").count({ rows: "*" }).first(), { rows: "20" });
});

test("a write that fails half-way leaves nothing: no license, no record, no revision, no sequence", async (t) => {
  const { knex, store, nodeId, install } = await openTestStore(t);
  const before = await store.loadState();
  const failure = new ServiceError("BASE_MISSING", "refused");
  const refused = store.write(async (tx) => {
    await installIn(tx, makeLicense(), nodeId);
    throw failure;
  });
  t.is(await t.throwsAsync(refused), failure);
  t.deepEqual(await store.loadState(), before);
  t.is((await store.countRecords()).total, 0);
  await install();
  t.deepEqual(await knex("licenses").select("upload_sequence"), [{ upload_sequence: "1" }]);
});

test("a write that changes nothing keeps the revision", async (t) => {
  const { store, install } = await openTestStore(t);
  const { revision } = await install();
  const idle = await store.write(async (tx) => {
    tx.nextUploadSequence();
    return (await tx.state()).licenses.length;
  });
  t.deepEqual(idle, { result: 1, revision });
  t.deepEqual((await store.readRevisions()).revision, revision);
});

test("LI-2: an upload sequence is never given twice, also when its license was deleted", async (t) => {
  const { store, nodeId, install } = await openTestStore(t);
  await install();
  const { result: last } = await install();
  await store.write((tx) => tx.deleteLicense(last.id, "deleted"));
  const { result } = await store.write((tx) => installIn(tx, makeLicense(), nodeId));
  t.is(result, 3);
});

test("LI-6: a deleted license can be installed again, and both of its records stay", async (t) => {
  const { store, nodeId, install } = await openTestStore(t);
  const { result: license } = await install();
  const deleted = await store.write((tx) => tx.deleteLicense(license.id, "deleted"));
  t.is(deleted.revision.revision, 2n);
  t.deepEqual((await store.loadState()).licenses, []);
  await store.write((tx) => installIn(tx, license, nodeId));
  const { records, total } = await store.listRecords({ limit: 10 });
  t.is(total, 2);
  t.deepEqual(
    records
      .map(({ licenseId, disposition, uploadSequence }) => ({ licenseId, disposition, uploadSequence }))
      .sort((a, b) => a.uploadSequence - b.uploadSequence),
    [
      { licenseId: license.id, disposition: "deleted" as const, uploadSequence: 1 },
      { licenseId: license.id, disposition: "installed" as const, uploadSequence: 2 },
    ],
  );
});

test("deleting what is not installed is NOT_FOUND and changes nothing", async (t) => {
  const { store } = await openTestStore(t);
  const { id } = makeLicense();
  const error = await t.throwsAsync(
    store.write((tx) => tx.deleteLicense(id, "deleted")),
    { instanceOf: ServiceError },
  );
  t.is(error?.reason, "NOT_FOUND");
  t.is((await store.readRevisions()).revision.revision, 0n);
});

test("a write sees its own changes, at the revision that it will have", async (t) => {
  const { store, nodeId, install } = await openTestStore(t);
  const { result: first } = await install();
  const { result: states, revision } = await store.write(async (tx) => {
    await tx.deleteLicense(first.id, "deleted");
    await installIn(tx, makeLicense(), nodeId);
    await installIn(tx, makeLicense(), nodeId);
    return tx.state();
  });
  t.deepEqual(
    states.licenses.map((license) => license.uploadSequence),
    [2, 3],
  );
  t.deepEqual(states.revision, revision);
  t.deepEqual(await store.loadState(), states);
});

test("an upload sequence that the write did not give, or that is used, is a defect", async (t) => {
  const { store, nodeId } = await openTestStore(t);
  const reuse = store.write(async (tx) => {
    const uploadSequence = await installIn(tx, makeLicense(), nodeId);
    const license = makeLicense();
    const rest = { signedBytes: "a.b.c", sequenceJws: "d.e.f", uploadedAt: UPLOADED_AT, nodeId };
    await tx.installLicense({ license, uploadSequence, ...rest });
  });
  await t.throwsAsync(reuse, { instanceOf: RangeError });
  t.is((await store.countRecords()).total, 0);
});

test("threat 29: an end in year 9999, counts beyond 2^53 and NUL in a name are kept or made harmless", async (t) => {
  const { store, install } = await openTestStore(t);
  const endsAt = Date.parse("9999-12-31T23:59:59.999Z");
  await install(makeLicense({ endsAt, quotas: new Map([["cpus", 2n ** 53n + 1n]]), customer: "A\0B" }));
  const [record] = (await store.listRecords({ limit: 1 })).records;
  t.is(record?.endsAt, endsAt);
  t.deepEqual(record?.quotas, new Map([["cpus", 9007199254740993n]]));
  t.is(record?.customer, "A\u{FFFD}B");
});

test("a write whose connection is cut is DATABASE_UNAVAILABLE, changes nothing, and the next one succeeds", async (t) => {
  const { url, store, nodeId, install } = await openTestStore(t);
  const operator = await openTestPool(t, url);
  const error = await t.throwsAsync(
    store.write(async (tx) => {
      await installIn(tx, makeLicense(), nodeId);
      await operator.raw(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and state = 'idle in transaction'`,
      );
      await installIn(tx, makeLicense(), nodeId);
    }),
    { instanceOf: ServiceError },
  );
  t.is(error?.reason, "DATABASE_UNAVAILABLE");
  t.true((error?.retryAfterMs ?? 0) > 0);
  t.is((await install()).revision.revision, 1n);
});

test("a pool whose connections were all cut comes back by itself", async (t) => {
  const { url, store } = await openTestStore(t);
  const operator = await openTestPool(t, url);
  await Promise.all(Array.from({ length: 5 }, () => store.readRevisions()));
  const cut = await terminateConnections(operator, "license-service server");
  t.true(cut > 0);
  // Calls that meet a connection before its end is noticed may fail, each cut connection once.
  for (let call = 0; call < cut; call += 1) {
    await store.readRevisions().catch((error) => t.is(error.reason, "DATABASE_UNAVAILABLE"));
  }
  t.is((await store.readRevisions()).revision.revision, 0n);
});
