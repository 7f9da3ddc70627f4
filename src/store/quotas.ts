/**
 * Changes of usage. Each is one statement in a transaction of its own, which decides and writes under the lock
 * of one row (migrations/0008-quotas.ts); none of them waits for a change of licenses.
 */
import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { hashedUuid } from "../hashed-uuid.ts";
import { inDatabase } from "./database-errors.ts";
import { present } from "./revisions.ts";
import type { RevisionMark } from "./types.ts";
import { toInstant } from "./values.ts";

/** An amount of one meter. */
export interface Amount {
  readonly meter: string;
  readonly amount: bigint;
}

/** A meter that must not come above its limit. */
export interface Guard {
  readonly meter: string;
  readonly limit: bigint;
}

/** A meter whose use beyond `limit` moves to the meter `target` (ZC-PL-4). */
export interface Overflow {
  readonly source: string;
  readonly limit: bigint;
  readonly target: string;
}

/** What the licenses say about a reservation, worked out beforehand. */
export interface Allowance {
  /** The committed state of the licenses that it was worked out from: another one makes it void. */
  readonly mark: RevisionMark;
  /** Whether anything may be created with these meters (EV-7); a repeated request is answered all the same. */
  readonly mayCreate: boolean;
  /** Meters whose use may grow by the reservation. */
  readonly guards: readonly Guard[];
  readonly overflows: readonly Overflow[];
}

/** What is to be reserved. */
export interface ReservationRequest {
  /** Name of the caller's identity. */
  readonly reporter: string;
  readonly idempotencyKey: string;
  /** For people. */
  readonly resourceId: string;
  /** Ascending by meter, each once. */
  readonly amounts: readonly Amount[];
  readonly leaseMs: number;
}

/** A reservation as it was made, at first or when the request came before. */
export interface Reserved {
  readonly id: string;
  readonly expiresAt: Instant;
  /** By meter asked for, what it took of another meter. */
  readonly draws: ReadonlyMap<string, readonly Amount[]>;
  readonly usageRevision: bigint;
  /** Epoch and revision of the licenses that allowed it. */
  readonly epoch: bigint;
  readonly revision: bigint;
}

/** What a request for a reservation came to; but for "RESERVED" nothing was changed. */
export type ReserveOutcome =
  | { readonly outcome: "RESERVED"; readonly reserved: Reserved }
  | { readonly outcome: "QUOTA_EXCEEDED"; readonly meter: string; readonly used: bigint }
  | { readonly outcome: "CREATE_NOT_ALLOWED" | "OTHER_REVISION" | "IDEMPOTENCY_KEY_REUSED" };

/**
 * Reserves amounts, all or nothing.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE: it may have been reserved; the same request again tells.
 */
export async function reserve(
  knex: Knex,
  request: ReservationRequest,
  { mark, mayCreate, guards, overflows }: Allowance,
): Promise<ReserveOutcome> {
  const id = reservationIdOf(request);
  const { reporter, resourceId, amounts, leaseMs } = request;
  const row = await call<ReserveColumns>(knex, "reserve_quota", 8, [
    ...[id, reporter, resourceId, metersOf(amounts), amountsOf(amounts), leaseMs],
    ...[mayCreate, mark.id, mark.epoch.toString(), mark.revision.toString()],
    ...[guards.map(({ meter }) => meter), guards.map(({ limit }) => limit.toString())],
    overflows.map(({ source }) => source),
    overflows.map(({ limit }) => limit.toString()),
    overflows.map(({ target }) => target),
  ]);
  return toReserveOutcome(id, row);
}

/** What a commit came to; but for "COMMITTED" the reservation holds nothing that could be committed. */
export type CommitOutcome =
  | { readonly outcome: "COMMITTED"; readonly usageRevision: bigint; readonly committedAt: Instant }
  | { readonly outcome: "RESERVATION_UNKNOWN" | "RESERVATION_RELEASED" | "LEASE_ENDED" };

/**
 * Turns a lease of this reporter into use that lasts.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE: it may have been committed; the same call again tells.
 */
export async function commitReservation(knex: Knex, id: string, reporter: string): Promise<CommitOutcome> {
  const row = await call<CommitColumns>(knex, "commit_reservation", 3, [id, reporter]);
  if (row.outcome !== "COMMITTED") return { outcome: row.outcome };
  return {
    outcome: row.outcome,
    usageRevision: BigInt(row.usage_revision),
    committedAt: toInstant(row.committed_at),
  };
}

/**
 * Gives back what this reporter reserved or committed.
 *
 * @returns the usage revision of the release, the first time's if it was released before; `undefined`: the
 *   reporter has no such reservation.
 * @throws ServiceError DATABASE_UNAVAILABLE: it may have been released; the same call again tells.
 */
export async function releaseReservation(
  knex: Knex,
  id: string,
  reporter: string,
): Promise<bigint | undefined> {
  const row = await call<ReleaseColumns>(knex, "release_reservation", 2, [id, reporter]);
  return row.outcome === "RELEASED" ? BigInt(row.usage_revision) : undefined;
}

/** What a reporter says of its use. */
export interface UsageReport {
  /** Name of the caller's identity. */
  readonly reporter: string;
  /** Each meter once. */
  readonly usages: readonly Amount[];
  /** Usage revision that the reporter knew when it counted; `undefined`: it knew all. */
  readonly asOf: bigint | undefined;
}

/**
 * Replaces what a reporter said before of these meters.
 *
 * @returns the usage revision with the report in it; `undefined`: `asOf` lies ahead, nothing was changed.
 * @throws ServiceError DATABASE_UNAVAILABLE: it may have been taken; the same report again does no harm.
 */
export async function reportUsage(knex: Knex, report: UsageReport): Promise<bigint | undefined> {
  const { reporter, usages, asOf } = report;
  const asOfText = asOf === undefined ? null : bounded(asOf).toString();
  const row = await call<ReportColumns>(knex, "report_usage", 2, [
    reporter,
    metersOf(usages),
    amountsOf(usages),
    asOfText,
  ]);
  return row.outcome === "REPORTED" ? BigInt(row.usage_revision) : undefined;
}

/**
 * The id of a reservation. It is made of reporter and key, so that one index keeps both ids and keys unique,
 * and a request that comes twice has one id.
 */
export function reservationIdOf({
  reporter,
  idempotencyKey,
}: Pick<ReservationRequest, "reporter" | "idempotencyKey">): string {
  return hashedUuid(JSON.stringify(["reservation", reporter, idempotencyKey]));
}

/** Calls a procedure that answers one row; its last `outs` parameters are what it answers. */
function call<Row>(knex: Knex, name: string, outs: number, values: readonly unknown[]): Promise<Row> {
  const places = [...values.map(() => "?"), ...Array.from({ length: outs }, () => "null")];
  const sql = `call ${name}(${places.join(", ")})`;
  return inDatabase(
    async () => present((await knex.raw<{ rows: Row[] }>(sql, values as Knex.RawBinding[])).rows[0]),
    () => OUTCOME_UNKNOWN,
  );
}

const OUTCOME_UNKNOWN =
  "The database cannot be reached, or was lost meanwhile: it may have been done. Repeat the very same call; it counts once.";

const MOST_REVISION = 2n ** 63n - 1n;

function bounded(revision: bigint): bigint {
  return revision > MOST_REVISION ? MOST_REVISION : revision;
}

function metersOf(amounts: readonly Amount[]): string[] {
  return amounts.map(({ meter }) => meter);
}

function amountsOf(amounts: readonly Amount[]): string[] {
  return amounts.map(({ amount }) => amount.toString());
}

function toReserveOutcome(id: string, row: ReserveColumns): ReserveOutcome {
  switch (row.outcome) {
    case "RESERVED":
      return {
        outcome: row.outcome,
        reserved: {
          id,
          expiresAt: toInstant(row.expires_at),
          draws: toDraws(row.draws),
          usageRevision: BigInt(row.usage_revision),
          epoch: BigInt(row.epoch),
          revision: BigInt(row.revision),
        },
      };
    case "QUOTA_EXCEEDED":
      return { outcome: row.outcome, meter: row.excess_meter, used: BigInt(row.excess_used) };
    default:
      return { outcome: row.outcome };
  }
}

function toDraws(draws: Draws): ReadonlyMap<string, readonly Amount[]> {
  const toAmounts = (targets: Readonly<Record<string, string>>) =>
    Object.entries(targets).map(([meter, amount]) => ({ meter, amount: BigInt(amount) }));
  return new Map(Object.entries(draws ?? {}).map(([meter, targets]) => [meter, toAmounts(targets)]));
}

/** By meter asked for, then by meter drawn on: decimal text. */
type Draws = Readonly<Record<string, Readonly<Record<string, string>>>> | null;

type ReserveColumns =
  | {
      readonly outcome: "RESERVED";
      readonly expires_at: Date;
      readonly draws: Draws;
      readonly usage_revision: string;
      readonly epoch: string;
      readonly revision: string;
    }
  | { readonly outcome: "QUOTA_EXCEEDED"; readonly excess_meter: string; readonly excess_used: string }
  | { readonly outcome: "CREATE_NOT_ALLOWED" | "OTHER_REVISION" | "IDEMPOTENCY_KEY_REUSED" };

type CommitColumns =
  | { readonly outcome: "COMMITTED"; readonly usage_revision: string; readonly committed_at: Date }
  | { readonly outcome: "RESERVATION_UNKNOWN" | "RESERVATION_RELEASED" | "LEASE_ENDED" };

interface ReleaseColumns {
  readonly outcome: "RELEASED" | "RESERVATION_UNKNOWN";
  readonly usage_revision: string;
}

interface ReportColumns {
  readonly outcome: "REPORTED" | "AHEAD";
  readonly usage_revision: string;
}
