/**
 * Bench of the authorization history: records uploaded in random order. The first, middle and last page, pages by
 * token under every order, pages by start, and the total, next to what PostgreSQL itself takes for count(*) and for a plain OFFSET.
 */
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { ensureDatabase, MAINTENANCE_DATABASE, withClient } from "../../src/store/embedded/connection.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openDatabase } from "../../src/store/open-database.ts";
import { toPageToken } from "../../src/store/page-token.ts";
import { RECORD_SORTS, type RecordOrder, SORT_DIRECTIONS } from "../../src/store/record-order.ts";
import { countRecords, listRecords } from "../../src/store/records.ts";
import { startTemporaryCluster } from "../helpers/temporary-cluster.ts";
import type { BenchContext, Goal, Measurement } from "./bench.ts";
import { timeEach } from "./parts/timed.ts";
import { type Spread, spreadOf } from "./report/statistics.ts";

const FULL = { records: 1_000_000, pages: 500 };
const QUICK = { records: 20_000, pages: 20 };
const LIMIT = 20;
/** In ms, at p99. */
const MOST_FOR_A_PAGE = 10;
/** In ms, at p99. */
const MOST_FOR_THE_TOTAL = 5;

const FILL = `
  insert into license_records (license_id, item, edition, term, method, disposition, issued_at, starts_at, ends_at,
    uploaded_at, upload_sequence, customer, product_name, contract_number, quotas, node_id)
  select gen_random_uuid(), 'base', 'enterprise', 'paid', 'request-code', 'deleted', issued_at, issued_at,
    case when random() < 0.2 then null else issued_at + interval '365 days' end,
    date_trunc('milliseconds', timestamptz '2026-01-01Z' + random() * interval '1000 days'),
    n, 'Customer ' || n % 1000, 'Example Cloud', 'C-' || n, '{"cpus": "16"}', $1
  from (select n, date_trunc('seconds', timestamptz '2025-01-01Z' + random() * interval '1000 days') as issued_at
    from generate_series(1, $2::int) n offset 0)`;

/** One row: what was done, and how long it took in ms. */
interface Row extends Spread {
  readonly what: string;
}

/** Measures reads of the authorization history on a cluster of its own. */
export async function measureRecords(context: BenchContext): Promise<Measurement> {
  const sizes = context.isQuick ? QUICK : FULL;
  const cluster = await startTemporaryCluster();
  context.teardown(() => cluster.remove());
  await ensureDatabase(cluster.url(MAINTENANCE_DATABASE), "bench");
  const url = cluster.url("bench");
  await migrate(url);
  context.say(`making ${sizes.records.toLocaleString("en")} records`);
  const seconds = await fill(url, sizes.records);
  const knex = await openDatabase(url);
  context.teardown(() => knex.destroy());
  const byPlace = await measurePlaces(knex, sizes);
  const byToken = await measureByToken(knex, sizes.pages);
  const byStart = await measureByStart(knex, sizes.records);
  const total = { what: "total", ...(await spread(sizes.pages, () => countRecords(knex))) };
  return {
    goals: [
      pageGoal("first, middle and last page by token, p99 of the slowest", byPlace),
      pageGoal("any page by token, p99 of the slowest order", byToken),
      totalGoal(total),
    ],
    tables: [
      {
        title: `${sizes.records.toLocaleString("en")} records, pages of ${LIMIT}`,
        columns: [
          { key: "what", title: "what" },
          { key: "n", title: "n" },
          { key: "p50", title: "p50 (ms)", digits: 2 },
          { key: "p99", title: "p99 (ms)", digits: 2 },
          { key: "max", title: "max (ms)", digits: 2 },
        ],
        rows: [...byPlace, ...byToken, ...byStart, total, ...(await measurePeers(knex, sizes))].map(
          (row) => ({
            ...row,
          }),
        ),
      },
    ],
    notes: [`Making the records took ${seconds.toFixed(0)} s, which is part of the whole.`],
  };
}

/** @returns seconds that it took. */
async function fill(url: string, records: number): Promise<number> {
  const startedAt = performance.now();
  const nodeId = randomUUID();
  await withClient(url, async (client) => {
    await client.query("insert into nodes (id, name) values ($1, 'bench')", [nodeId]);
    await client.query(FILL, [nodeId, records]);
    // What autovacuum does in the course of a day.
    await client.query("vacuum (analyze) license_records");
  });
  return (performance.now() - startedAt) / 1_000;
}

/** The first, the middle and the last page of the default order. */
async function measurePlaces(knex: Knex, { records, pages }: typeof FULL): Promise<Row[]> {
  const places = [
    { what: "first page", start: 0 },
    { what: "middle page by token", start: records / 2 },
    { what: "last page by token", start: records - LIMIT },
  ];
  const rows: Row[] = [];
  for (const { what, start } of places) {
    const pageToken = start === 0 ? undefined : await tokenAt(knex, start);
    const read = async () => {
      const { records: page } = await listRecords(knex, { limit: LIMIT, pageToken });
      if (page.length !== LIMIT) throw new Error(`the ${what} has ${page.length} records`);
    };
    rows.push({ what, ...(await spread(pages, read)) });
  }
  return rows;
}

/** The token of the page that begins after so many records. */
async function tokenAt(knex: Knex, start: number): Promise<string | undefined> {
  return (await listRecords(knex, { limit: 1, start: start - 1 })).nextPageToken;
}

async function measureByToken(knex: Knex, pages: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const sortBy of RECORD_SORTS) {
    for (const direction of SORT_DIRECTIONS) rows.push(await readByToken(knex, { sortBy, direction }, pages));
  }
  return rows;
}

async function readByToken(knex: Knex, order: RecordOrder, pages: number): Promise<Row> {
  const rows: { id: string; issued_at: Date; ends_at: Date | null; uploaded_at: Date }[] = await knex
    .select("id", "issued_at", "ends_at", "uploaded_at")
    .fromRaw("license_records tablesample bernoulli (1)")
    .limit(pages);
  const tokens = rows.map((row) => {
    const instants = { issued: row.issued_at, expired: row.ends_at, uploaded: row.uploaded_at };
    return toPageToken(order, { at: instants[order.sortBy]?.getTime(), id: row.id });
  });
  const read = (n: number) => listRecords(knex, { limit: LIMIT, order, pageToken: tokens[n] });
  return { what: `by token, ${order.sortBy} ${order.direction}`, ...(await spread(tokens.length, read)) };
}

async function measureByStart(knex: Knex, records: number): Promise<Row[]> {
  const rows: Row[] = [];
  const places = [
    { start: records * 0.01, runs: 10 },
    { start: records * 0.5, runs: 100 },
    { start: records * 0.999, runs: 10 },
  ];
  for (const { start, runs } of places) {
    const what = `by start, ${start.toLocaleString("en")} passed over`;
    rows.push({ what, ...(await spread(runs, () => listRecords(knex, { limit: LIMIT, start }))) });
  }
  return rows;
}

async function measurePeers(knex: Knex, { records, pages }: typeof FULL): Promise<Row[]> {
  const rows: Row[] = [
    { what: "peer: count(*)", ...(await spread(10, async () => knex("license_records").count())) },
  ];
  for (const offset of [records * 0.01, records * 0.5]) {
    const read = async () =>
      knex("license_records").select().orderBy("uploaded_at").orderBy("id").limit(LIMIT).offset(offset);
    rows.push({ what: `peer: plain OFFSET ${offset.toLocaleString("en")}`, ...(await spread(5, read)) });
  }
  rows.push({
    what: "peer: one empty statement",
    ...(await spread(pages, async () => knex.raw("select"))),
  });
  return rows;
}

async function spread(runs: number, work: (n: number) => Promise<unknown>): Promise<Spread> {
  return spreadOf(await timeEach(runs, 1, work));
}

function pageGoal(what: string, rows: readonly Row[]): Goal {
  const slowest = Math.max(...rows.map(({ p99 }) => p99));
  return {
    what,
    toReach: `< ${MOST_FOR_A_PAGE} ms`,
    measured: `${slowest.toFixed(2)} ms`,
    isReached: slowest < MOST_FOR_A_PAGE,
  };
}

function totalGoal({ p99 }: Row): Goal {
  return {
    what: "total, p99",
    toReach: `< ${MOST_FOR_THE_TOTAL} ms`,
    measured: `${p99.toFixed(2)} ms`,
    isReached: p99 < MOST_FOR_THE_TOTAL,
  };
}
