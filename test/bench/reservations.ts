/**
 * Bench of reservations: one hot meter, 32 connections, every commit on the disk, beside the least that could
 * decide at all: a guarded update of one row, through pg on the same database in the same rounds.
 */
import { randomUUID } from "node:crypto";
import { credentials, Metadata } from "@grpc/grpc-js";
import { QuotaServiceClient } from "@license-service/contract";
import type { Knex } from "knex";
import pg from "pg";
import { openDatabase } from "../../src/store/open-database.ts";
import { type Allowance, reserve } from "../../src/store/quotas.ts";
import { readRevisions } from "../../src/store/revisions.ts";
import type { BenchContext, Goal, Measurement } from "./bench.ts";
import { adminOf } from "./parts/admin.ts";
import { BASE, type BenchServer, issuerAt, makePlace, startServer } from "./parts/platform.ts";
import { median } from "./report/statistics.ts";

const FULL = { rounds: 7, seconds: 5 };
const QUICK = { rounds: 1, seconds: 1 };
const AT_ONCE = 32;
/** Of the bare update. */
const LEAST_RATIO = 0.5;
const METER = "base/cpus";
const LIMIT = 1_000_000_000n;

/** One way to take a unit; called with the number of the connection. */
type Take = (connection: number) => Promise<void>;

/** Rates of one round, a second. */
interface Round {
  readonly bare: number;
  readonly reserved: number;
  readonly called: number;
}

/** Measures reservations on a cluster of its own. */
export async function measureReservations(context: BenchContext): Promise<Measurement> {
  const { rounds, seconds } = context.isQuick ? QUICK : FULL;
  const place = await makePlace(context, { isDurable: true });
  const server = await startServer(context, place, { LICENSE_CALLS_PER_SECOND: "1000000" });
  const issue = await issuerAt(place);
  await adminOf(context, server).upload(await issue({ ...BASE, quotas: { cpus: Number(LIMIT) } }));
  const bare = await bareTaker(context, place);
  const knex = await openDatabase(place.databaseUrl, { poolSize: AT_ONCE });
  context.teardown(() => knex.destroy());
  const reserved = await storeTaker(knex);
  const called = rpcTaker(context, server);
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    results.push({
      bare: await rate(bare, seconds),
      reserved: await rate(reserved, seconds),
      called: await rate(called, seconds),
    });
    context.say(`round ${round} of ${rounds}: ${JSON.stringify(results.at(-1))}`);
  }
  await checkCount(knex);
  return measurement(results, seconds);
}

/** Takes units by 32 at a time for some seconds; answers how many a second. */
async function rate(take: Take, seconds: number): Promise<number> {
  const startedAt = performance.now();
  let taken = 0;
  const worker = async (_: unknown, connection: number) => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await take(connection);
      taken += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return (taken / (performance.now() - startedAt)) * 1_000;
}

async function bareTaker(context: BenchContext, { databaseUrl }: { databaseUrl: string }): Promise<Take> {
  const clients = Array.from({ length: AT_ONCE }, () => new pg.Client({ connectionString: databaseUrl }));
  for (const client of clients) {
    await client.connect();
    context.teardown(() => client.end());
  }
  await clients[0]?.query("create table bare (id integer primary key, used bigint not null)");
  await clients[0]?.query("insert into bare values (1, 0)");
  return async (connection) => {
    const answer = await clients[connection]?.query(
      "update bare set used = used + $1 where id = 1 and used + $1 <= $2",
      [1, LIMIT.toString()],
    );
    if (answer?.rowCount !== 1) throw new Error("the bare update took nothing");
  };
}

/** What a node sends to the database for a reservation, on as many connections as the bare update has. */
async function storeTaker(knex: Knex): Promise<Take> {
  const { revision, revisionId } = await readRevisions(knex);
  const allowance: Allowance = {
    mark: { ...revision, id: revisionId },
    mayCreate: true,
    guards: [{ meter: METER, limit: LIMIT }],
    overflows: [{ source: "vmware/cpus", limit: 0n, target: METER }],
  };
  return async () => {
    const request = {
      reporter: "bench",
      idempotencyKey: randomUUID(),
      resourceId: "vm",
      leaseMs: 60_000,
      amounts: [{ meter: METER, amount: 1n }],
    };
    const { outcome } = await reserve(knex, request, allowance);
    if (outcome !== "RESERVED") throw new Error(`a reservation came to ${outcome}`);
  };
}

/** The whole way: gRPC, identity, evaluation, and the seven connections that a node has for callers. */
function rpcTaker(context: BenchContext, { address, adminToken }: BenchServer): Take {
  const client = new QuotaServiceClient(address, credentials.createInsecure());
  context.teardown(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${adminToken}`);
  return () =>
    new Promise((resolve, reject) => {
      const request = {
        amounts: [{ meter: METER, amount: 1n }],
        idempotencyKey: randomUUID(),
        resourceId: "vm",
      };
      client.reserveQuota(request, metadata, (error) => (error === null ? resolve() : reject(error)));
    });
}

/** @throws Error: what is in use is not what was reserved. */
async function checkCount(knex: Knex): Promise<void> {
  const { rows } = await knex.raw<{ rows: { differs: boolean }[] }>(
    `select (select sum(amounts[1]) from quota_reservations where state = 'leased')
       is distinct from (select (totals -> ?)::numeric from quota_totals) as differs`,
    [METER],
  );
  if (rows[0]?.differs !== false) throw new Error("what is in use is not what was reserved");
}

function measurement(rounds: readonly Round[], seconds: number): Measurement {
  const ratio = median(rounds.map(({ bare, reserved }) => reserved / bare));
  const row = (what: string, of: (round: Round) => number) => ({
    what,
    median: median(rounds.map(of)),
    least: Math.min(...rounds.map(of)),
    most: Math.max(...rounds.map(of)),
    ratio: median(rounds.map((round) => of(round) / round.bare)),
  });
  return {
    goals: [goal(ratio)],
    tables: [
      {
        title: `Reservations a second of one meter, ${AT_ONCE} at a time, fsync on`,
        columns: [
          { key: "what", title: "what" },
          { key: "median", title: "median (1/s)" },
          { key: "least", title: "least (1/s)" },
          { key: "most", title: "most (1/s)" },
          { key: "ratio", title: "of the bare update", digits: 2 },
        ],
        rows: [
          row("bare guarded update of one row", ({ bare }) => bare),
          row(`reservation, ${AT_ONCE} connections`, ({ reserved }) => reserved),
          row("ReserveQuota, one node", ({ called }) => called),
        ],
      },
    ],
    notes: [
      `${rounds.length} rounds of ${seconds} s each; the ratio is the median of those of the rounds.`,
      "After the rounds the sum of all reservations was what the meter said.",
    ],
  };
}

function goal(ratio: number): Goal {
  return {
    what: "reservations of one hot meter, of a bare guarded update",
    toReach: `>= ${LEAST_RATIO}`,
    measured: ratio.toFixed(2),
    isReached: ratio >= LEAST_RATIO,
  };
}
