import test from "ava";
import fc from "fast-check";
import { ServiceError } from "../../../src/errors.ts";
import { RECORD_SORTS, type RecordOrder, SORT_DIRECTIONS } from "../../../src/store/record-order.ts";
import type { Store } from "../../../src/store/store.ts";
import type { LicenseRecordRow } from "../../../src/store/types.ts";
import { makeLicense, openTestStore, type TestStore } from "./fixtures.ts";

const ORDERS: RecordOrder[] = RECORD_SORTS.flatMap((sortBy) =>
  SORT_DIRECTIONS.map((direction) => ({ sortBy, direction })),
);

/** Few instants for many rows, so that ties and missing ends are common, also at page borders. */
const instant = fc.integer({ min: 0, max: 9 }).map((n) => Date.UTC(2026, 0, 1 + n));
const end = fc.option(fc.integer({ min: 0, max: 9 }).map((n) => Date.UTC(2027, 0, 1 + n)));
const ROWS = fc.record({ id: fc.uuid(), issuedAt: instant, uploadedAt: instant, endsAt: end });

async function insertRecords({ knex, nodeId }: TestStore, count: number): Promise<void> {
  const rows = fc.sample(ROWS, { numRuns: count, seed: 42 });
  await knex("license_records").insert(
    rows.map((row, index) => ({
      id: row.id,
      license_id: row.id,
      item: "base",
      term: "paid",
      method: "request-code",
      disposition: "deleted",
      issued_at: new Date(row.issuedAt),
      starts_at: new Date(row.issuedAt),
      ends_at: row.endsAt === null ? null : new Date(row.endsAt),
      uploaded_at: new Date(row.uploadedAt),
      upload_sequence: index + 1,
      customer: "c",
      product_name: "p",
      contract_number: "n",
      quotas: { cpus: "1" },
      node_id: nodeId,
    })),
  );
}

/** The order as the rule says it, over rows in memory. */
function sorted(records: readonly LicenseRecordRow[], order: RecordOrder): LicenseRecordRow[] {
  const key = (record: LicenseRecordRow) =>
    ({ issued: record.issuedAt, expired: record.endsAt ?? Infinity, uploaded: record.uploadedAt })[
      order.sortBy
    ];
  const ascending = [...records].sort((a, b) =>
    key(a) !== key(b) ? (key(a) < key(b) ? -1 : 1) : a.id < b.id ? -1 : 1,
  );
  return order.direction === "ascending" ? ascending : ascending.reverse();
}

async function readByToken(store: Store, order: RecordOrder, limit: number): Promise<LicenseRecordRow[]> {
  const records: LicenseRecordRow[] = [];
  let pageToken: string | undefined;
  do {
    const page = await store.listRecords({ limit, order, pageToken });
    records.push(...page.records);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return records;
}

test("AP-3: under every order, pages by token and by start are the sorted records, ties and missing ends too", async (t) => {
  const fixture = await openTestStore(t);
  await insertRecords(fixture, 120);
  const { store } = fixture;
  const { records: all } = await store.listRecords({ limit: 1_000 });
  t.is(all.length, 120);
  for (const order of ORDERS) {
    const expected = sorted(all, order).map(({ id }) => id);
    for (const limit of [1, 7, 120]) {
      const records = await readByToken(store, order, limit);
      t.deepEqual(
        records.map(({ id }) => id),
        expected,
        `${order.sortBy} ${order.direction} by ${limit}`,
      );
    }
    for (const start of [0, 1, 99, 119, 120, 10_001]) {
      const { records } = await store.listRecords({ limit: 20, start, order });
      t.deepEqual(
        records.map(({ id }) => id),
        expected.slice(start, start + 20),
      );
    }
  }
});

test("AP-3: without an order the last uploaded comes first", async (t) => {
  const fixture = await openTestStore(t);
  await insertRecords(fixture, 50);
  const page = await fixture.store.listRecords({ limit: 50 });
  t.deepEqual(page.records, sorted(page.records, { sortBy: "uploaded", direction: "descending" }));
  t.is(page.nextPageToken, undefined);
});

test("a page read on by token is not disturbed by records that came in before it", async (t) => {
  const { store, install } = await openTestStore(t);
  const order = { sortBy: "issued", direction: "ascending" } as const;
  for (const day of [1, 2, 3]) await install(makeLicense({ issuedAt: Date.UTC(2026, 0, day) }));
  const first = await store.listRecords({ limit: 2, order });
  await install(makeLicense({ issuedAt: Date.UTC(2025, 0, 1) }));
  const second = await store.listRecords({ limit: 2, order, pageToken: first.nextPageToken });
  t.deepEqual(
    second.records.map(({ issuedAt }) => issuedAt),
    [Date.UTC(2026, 0, 3)],
  );
});

test("a page token of another order, or of nobody, is INVALID_REQUEST and names the field", async (t) => {
  const { store, install } = await openTestStore(t);
  await install();
  await install();
  const { nextPageToken } = await store.listRecords({ limit: 1 });
  t.truthy(nextPageToken);
  const order = { sortBy: "issued", direction: "descending" } as const;
  for (const query of [
    { limit: 1, order, pageToken: nextPageToken },
    { limit: 1, pageToken: "garbage" },
  ]) {
    const error = await t.throwsAsync(store.listRecords(query), { instanceOf: ServiceError });
    t.is(error?.reason, "INVALID_REQUEST");
    t.is(error?.fields[0]?.field, "page_token");
  }
});

test("AP-3: the total is count(*) after concurrent installations, deletions and failures, and after raw SQL", async (t) => {
  const { knex, store, install } = await openTestStore(t);
  const installed = await Promise.all(Array.from({ length: 12 }, () => install()));
  await Promise.all([
    ...installed.slice(0, 4).map(({ result }) => store.write((tx) => tx.deleteLicense(result.id, "deleted"))),
    ...Array.from({ length: 4 }, () => install()),
    t.throwsAsync(install(installed[5]?.result)),
  ]);
  const count = async () => Number((await knex("license_records").count({ rows: "*" }).first())?.["rows"]);
  t.is((await store.countRecords()).total, 16);
  t.is(await count(), 16);
  await Promise.all([1, 2, 3].map((n) => knex("license_records").where({ upload_sequence: n }).del()));
  t.is((await store.countRecords()).total, 13);
  t.is(await count(), 13);
  await knex("license_records").truncate();
  t.is((await store.countRecords()).total, 0);
});

test("a page, its total and its revision are of one moment", async (t) => {
  const { store, install } = await openTestStore(t);
  const writing = Promise.all(Array.from({ length: 15 }, () => install()));
  for (let read = 0; read < 15; read += 1) {
    const { records, total, revision } = await store.listRecords({ limit: 100 });
    t.is(records.length, total);
    t.is(BigInt(total), revision.revision);
  }
  await writing;
});
