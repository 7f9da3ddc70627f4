/**
 * Bench of the authorization history: 1,000,000 records uploaded in random order. Prints pages by
 * token under every order, pages by start, and the total, next to what PostgreSQL itself takes for
 * count(*) and for a plain OFFSET. Makes and removes its own cluster.
 */
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { ensureDatabase, withClient } from "../../src/store/embedded/connection.ts";
import { migrate } from "../../src/store/migrate.ts";
import { openDatabase } from "../../src/store/open-database.ts";
import { toPageToken } from "../../src/store/page-token.ts";
import { RECORD_SORTS, type RecordOrder, SORT_DIRECTIONS } from "../../src/store/record-order.ts";
import { countRecords, listRecords } from "../../src/store/records.ts";
import { startTemporaryCluster } from "../helpers/temporary-cluster.ts";

const RECORDS = 1_000_000;
const PAGES = 500;
const LIMIT = 20;

const FILL = `
  insert into license_records (license_id, item, edition, term, method, disposition, issued_at, starts_at, ends_at,
    uploaded_at, upload_sequence, customer, product_name, contract_number, quotas, node_id)
  select gen_random_uuid(), 'base', 'enterprise', 'paid', 'request-code', 'deleted', issued_at, issued_at,
    case when random() < 0.2 then null else issued_at + interval '365 days' end,
    date_trunc('milliseconds', timestamptz '2026-01-01Z' + random() * interval '1000 days'),
    n, 'Customer ' || n % 1000, 'Example Cloud', 'C-' || n, '{"cpus": "16"}', $1
  from (select n, date_trunc('seconds', timestamptz '2025-01-01Z' + random() * interval '1000 days') as issued_at
    from generate_series(1, ${RECORDS}) n offset 0)`;

const cluster = await startTemporaryCluster();
try {
  await ensureDatabase(cluster.url("postgres"), "bench");
  const url = cluster.url("bench");
  await migrate(url);
  await fill(url);
  const knex = await openDatabase(url);
  try {
    await measure(knex);
  } finally {
    await knex.destroy();
  }
} finally {
  await cluster.remove();
}

async function fill(url: string): Promise<void> {
  const nodeId = randomUUID();
  const startedAt = performance.now();
  await withClient(url, async (client) => {
    await client.query("insert into nodes (id, name) values ($1, 'bench')", [nodeId]);
    await client.query(FILL, [nodeId]);
    // What autovacuum does in the course of a day.
    await client.query("vacuum (analyze) license_records");
  });
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `${RECORDS.toLocaleString("en")} records, made in ${seconds} s; pages of ${LIMIT}; milliseconds\n`,
  );
}

async function measure(knex: Knex): Promise<void> {
  console.log("what".padEnd(44), "n".padStart(5), ...["p50", "p99", "max"].map((name) => name.padStart(9)));
  for (const sortBy of RECORD_SORTS) {
    for (const direction of SORT_DIRECTIONS) await measureByToken(knex, { sortBy, direction });
  }
  for (const start of [10_000, 500_000, 999_000]) {
    await report(`by start, ${start.toLocaleString("en")} passed over`, 10, () =>
      listRecords(knex, { limit: LIMIT, start }),
    );
  }
  await report("total", PAGES, () => countRecords(knex));
  await report("peer: count(*)", 10, () => knex("license_records").count());
  for (const offset of [10_000, 500_000]) {
    await report(`peer: plain OFFSET ${offset.toLocaleString("en")}`, 5, () =>
      knex("license_records").select().orderBy("uploaded_at").orderBy("id").limit(LIMIT).offset(offset),
    );
  }
  await report("peer: one empty statement", PAGES, () => knex.raw("select"));
}

async function measureByToken(knex: Knex, order: RecordOrder): Promise<void> {
  const rows: { id: string; issued_at: Date; ends_at: Date | null; uploaded_at: Date }[] = await knex
    .select("id", "issued_at", "ends_at", "uploaded_at")
    .fromRaw("license_records tablesample bernoulli (1)")
    .limit(PAGES);
  const tokens = rows.map((row) => {
    const instants = { issued: row.issued_at, expired: row.ends_at, uploaded: row.uploaded_at };
    return toPageToken(order, { at: instants[order.sortBy]?.getTime(), id: row.id });
  });
  await report(`by token, ${order.sortBy} ${order.direction}`, tokens.length, (n) =>
    listRecords(knex, { limit: LIMIT, order, pageToken: tokens[n] }),
  );
}

async function report(what: string, runs: number, work: (n: number) => Promise<unknown>): Promise<void> {
  const tookMs: number[] = [];
  for (let n = 0; n < runs; n += 1) {
    const startedAt = performance.now();
    await work(n);
    tookMs.push(performance.now() - startedAt);
  }
  tookMs.sort((a, b) => a - b);
  const at = (share: number) => (tookMs[Math.ceil(runs * share) - 1] ?? Number.NaN).toFixed(2).padStart(9);
  console.log(what.padEnd(44), String(runs).padStart(5), at(0.5), at(0.99), at(1));
}
