import { randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import type { Knex } from "knex";
import { ServiceError } from "../../../src/errors.ts";
import type { Lineage } from "../../../src/store/lineage.ts";
import { createStore } from "../../../src/store/store.ts";
import type { RevisionMark } from "../../../src/store/types.ts";
import { installIn, makeLicense, openTestStore } from "./fixtures.ts";

/** A node that remembers in memory what it saw. */
function lineageOf(name: string): Lineage & { seen: RevisionMark | undefined } {
  const lineage = {
    node: { id: randomUUID(), name },
    seen: undefined as RevisionMark | undefined,
    current: () => lineage.seen,
    async keep(mark: RevisionMark) {
      lineage.seen = mark;
    },
  };
  return lineage;
}

const RESTORED = ["store", "licenses", "license_records", "revisions"];

/** Copies the rows that a restore brings back; the returned function puts them in place. */
async function backUp(knex: Knex): Promise<() => Promise<void>> {
  for (const table of RESTORED) await knex.raw(`create table backup_${table} as table ${table}`);
  return () =>
    knex.transaction(async (trx) => {
      for (const table of RESTORED) {
        await trx.raw(`delete from ${table}`);
        await trx.raw(`insert into ${table} select * from backup_${table}`);
      }
      await trx.raw("delete from epochs");
    });
}

async function twoNodes(t: ExecutionContext) {
  const { knex, nodeId, install } = await openTestStore(t);
  const lineages = [lineageOf("first"), lineageOf("second")] as const;
  const stores = [createStore(knex, lineages[0]), createStore(knex, lineages[1])] as const;
  const upload = (store: (typeof stores)[number]) =>
    store.write(async (tx) => void (await installIn(tx, makeLicense(), nodeId)));
  return { knex, stores, lineages, install, upload, nodeId };
}

test("an older state of the database gets one new epoch, whoever of several nodes notices", async (t) => {
  const { knex, stores, install } = await twoNodes(t);
  await install();
  const putBack = await backUp(knex);
  await install();
  await install();
  for (const store of stores) t.is((await store.loadState()).revision.revision, 3n);
  await putBack();
  const states = await Promise.all([...stores, ...stores].map((store) => store.loadState()));
  for (const { revision, restores, licenses } of states) {
    t.like(revision, { epoch: 2n, revision: 1n });
    t.is(licenses.length, 1);
    t.deepEqual(
      restores.map(({ epoch, found, seen }) => ({ epoch, found, seen })),
      [{ epoch: 2n, found: { epoch: 1n, revision: 1n }, seen: { epoch: 1n, revision: 3n } }],
    );
  }
});

test("a restored database that went on beyond what a node saw is noticed by that node all the same", async (t) => {
  const { knex, stores, install, upload } = await twoNodes(t);
  const putBack = await backUp(knex);
  await install();
  t.is((await stores[0].loadState()).revision.revision, 1n);
  await putBack();
  // The second node has seen nothing before, so it writes on as if nothing had happened.
  await upload(stores[1]);
  await upload(stores[1]);
  t.like((await stores[0].loadState()).revision, { epoch: 2n, revision: 2n });
  t.like((await stores[1].loadState()).revision, { epoch: 2n, revision: 2n });
});

test("a restore to the very same number with another content is noticed", async (t) => {
  const { knex, stores, install, upload } = await twoNodes(t);
  const putBack = await backUp(knex);
  await install();
  const { revision, revisionId } = await stores[0].loadState();
  await putBack();
  await upload(stores[1]);
  const found = await stores[0].readRevisions();
  t.deepEqual(found.revision, revision);
  t.not(found.revisionId, revisionId);
  t.like((await stores[0].loadState()).revision, { epoch: 2n, revision: 1n });
});

test("a write that meets a restored database raises the epoch before it adds anything", async (t) => {
  const { knex, stores, install, upload } = await twoNodes(t);
  const putBack = await backUp(knex);
  await install();
  await stores[0].loadState();
  await putBack();
  const { revision } = await upload(stores[0]);
  t.like(revision, { epoch: 2n, revision: 1n });
  t.is((await stores[1].loadState()).restores.length, 1);
});

test("a node that was away while the epoch rose takes it as it is", async (t) => {
  const { knex, stores, install } = await twoNodes(t);
  const putBack = await backUp(knex);
  await install();
  await stores[1].loadState();
  await install();
  await stores[0].loadState();
  await putBack();
  await stores[0].loadState();
  t.like((await stores[1].loadState()).revision, { epoch: 2n, revision: 0n });
  t.is((await knex("epochs").select()).length, 1);
});

test("going on after a restore is no restore", async (t) => {
  const { stores, install, upload } = await twoNodes(t);
  await install();
  await stores[0].loadState();
  await upload(stores[1]);
  await upload(stores[0]);
  for (const store of stores) t.like((await store.loadState()).revision, { epoch: 1n, revision: 3n });
});

test("another store under the same address is refused, and nothing is written to it", async (t) => {
  const { knex, stores, install, upload } = await twoNodes(t);
  await install();
  const before = await stores[0].loadState();
  await knex.raw("update store set store_id = gen_random_uuid(), revision_id = gen_random_uuid()");
  const refusal = { instanceOf: ServiceError, message: /not the one that this node serves/ };
  await t.throwsAsync(stores[0].loadState(), refusal);
  await t.throwsAsync(upload(stores[0]), refusal);
  await t.throwsAsync(stores[0].raiseEpoch(), refusal);
  const { rows } = await knex.raw("select (select count(*) from licenses) as licenses, epoch from store");
  t.deepEqual(rows, [{ licenses: String(before.licenses.length), epoch: "1" }]);
});

test("a read-only database keeps its epoch, and the node says that it is unavailable", async (t) => {
  const { knex, stores, lineages, install } = await twoNodes(t);
  await install();
  await stores[0].loadState();
  const seen = lineages[0].seen;
  lineages[0].seen = seen && { ...seen, id: randomUUID() };
  const { rows } = await knex.raw("select current_database() as name");
  await knex.raw(`alter database "${rows[0].name}" set default_transaction_read_only = on`);
  await knex.raw(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  await knex.raw("set default_transaction_read_only = on");
  const error = await t.throwsAsync(stores[0].raiseEpoch(), { instanceOf: ServiceError });
  t.is(error?.reason, "DATABASE_UNAVAILABLE");
  t.is((await stores[0].readRevisions()).revision.epoch, 1n);
});
