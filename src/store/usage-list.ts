import type { Knex } from "knex";
import { z } from "zod";
import type { Instant } from "../domain/license.ts";
import { inDatabase } from "./database-errors.ts";
import { decodeToken, encodeToken, invalidToken } from "./page-token.ts";
import type { Amount } from "./quotas.ts";
import type { StoredUsage } from "./types.ts";
import { readUsage } from "./usage.ts";
import { toInstant, toOptionalInstant } from "./values.ts";

/** What one reporter said last of one meter, and what it did since. */
export interface ReportRow {
  readonly reporter: string;
  readonly meter: string;
  readonly amount: bigint;
  /** `undefined`: it has committed, but never reported. */
  readonly reportedAt: Instant | undefined;
  /** The report is older than {@link STALE_HOURS}, by the database's clock. */
  readonly isStale: boolean;
  /** Commits and releases that the report had not seen. */
  readonly committed: bigint;
  readonly released: bigint;
}

/** A reservation whose lease runs. */
export interface LeaseRow {
  readonly id: string;
  readonly reporter: string;
  readonly resourceId: string;
  /** Ascending by meter. */
  readonly amounts: readonly Amount[];
  readonly reservedAt: Instant;
  readonly expiresAt: Instant;
}

/** Which usage to list. */
export interface UsageQuery {
  /** `undefined`: every meter. */
  readonly meter: string | undefined;
  /** Most leases. */
  readonly limit: number;
  /** Token of the page before; `undefined`: the first page. */
  readonly pageToken: string | undefined;
}

/** Who uses what, read at one instant. */
export interface UsageList {
  readonly usage: StoredUsage;
  /** By meter and reporter. */
  readonly reports: readonly ReportRow[];
  /** The latest first. */
  readonly leases: readonly LeaseRow[];
  /** `undefined`: this was the last page. */
  readonly nextPageToken: string | undefined;
}

/** From this age on a report is stale. It counts all the same. */
const STALE_HOURS = 24;

/**
 * Lists who uses what.
 *
 * @throws ServiceError INVALID_REQUEST for a page token that is none, or of another meter; DATABASE_UNAVAILABLE.
 */
export async function listUsage(knex: Knex, query: UsageQuery): Promise<UsageList> {
  const after = query.pageToken === undefined ? undefined : readToken(query.pageToken, query.meter);
  return inDatabase(() =>
    knex.transaction(
      async (trx) => {
        const usage = await readUsage(trx);
        const reports = await readReports(trx, query);
        const leases = await readLeases(trx, query, after);
        const page = leases.slice(0, query.limit);
        const last = leases.length > query.limit ? page.at(-1) : undefined;
        return { usage, reports, leases: page, nextPageToken: last && toToken(last, query.meter) };
      },
      { isolationLevel: "repeatable read", readOnly: true },
    ),
  );
}

async function readReports(trx: Knex.Transaction, { meter }: UsageQuery): Promise<ReportRow[]> {
  const rows: ReportColumns[] = await trx("quota_reports")
    .select(
      ...["reporter", "meter", "amount", "reported_at", "committed", "released"],
      trx.raw(`coalesce(reported_at < now() - interval '${STALE_HOURS} hours', false) as is_stale`),
    )
    .modify((builder) => (meter === undefined ? builder : builder.where({ meter })))
    .orderByRaw('meter collate "C", reporter collate "C"');
  return rows.map((row) => ({
    reporter: row.reporter,
    meter: row.meter,
    amount: BigInt(row.amount),
    reportedAt: toOptionalInstant(row.reported_at),
    isStale: row.is_stale,
    committed: BigInt(row.committed),
    released: BigInt(row.released),
  }));
}

/** One more than asked for, if there is one. */
async function readLeases(
  trx: Knex.Transaction,
  { meter, limit }: UsageQuery,
  after: Position | undefined,
): Promise<LeaseRow[]> {
  const rows: LeaseColumns[] = await trx("quota_reservations")
    .select("id", "reporter", "resource_id", "meters", "amounts", "reserved_at", "expires_at")
    .where({ state: "leased" })
    .whereRaw("expires_at > clock_timestamp()")
    .modify((builder) => {
      if (meter !== undefined) builder.whereRaw("? = any (meters)", [meter]);
      if (after !== undefined) {
        builder.whereRaw("(reserved_at, id) < (to_timestamp(?::numeric / 1000), ?::uuid)", [
          after.at,
          after.id,
        ]);
      }
    })
    .orderBy([
      { column: "reserved_at", order: "desc" },
      { column: "id", order: "desc" },
    ])
    .limit(limit + 1);
  return rows.map(toLease);
}

function toLease(row: LeaseColumns): LeaseRow {
  return {
    id: row.id,
    reporter: row.reporter,
    resourceId: row.resource_id,
    amounts: row.meters.map((meter, i) => ({ meter, amount: BigInt(row.amounts[i] ?? 0) })),
    reservedAt: toInstant(row.reserved_at),
    expiresAt: toInstant(row.expires_at),
  };
}

/** bigint and numeric columns come as text. */
interface ReportColumns {
  readonly reporter: string;
  readonly meter: string;
  readonly amount: string;
  readonly reported_at: Date | null;
  readonly committed: string;
  readonly released: string;
  readonly is_stale: boolean;
}

interface LeaseColumns {
  readonly id: string;
  readonly reporter: string;
  readonly resource_id: string;
  readonly meters: readonly string[];
  readonly amounts: readonly string[];
  readonly reserved_at: Date;
  readonly expires_at: Date;
}

const POSITION = z.strictObject({
  meter: z.string().nullable(),
  at: z.int().min(0).max(253_402_300_799_999),
  id: z.guid(),
});
type Position = z.infer<typeof POSITION>;

function toToken({ reservedAt, id }: LeaseRow, meter: string | undefined): string {
  return encodeToken({ meter: meter ?? null, at: reservedAt, id });
}

function readToken(token: string, meter: string | undefined): Position {
  const position = POSITION.safeParse(decodeToken(token)).data;
  if (position === undefined) throw invalidToken("is not a token of this service");
  if (position.meter !== (meter ?? null)) throw invalidToken("was given for another meter");
  return position;
}
