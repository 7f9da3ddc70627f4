import type { Knex } from "knex";
import type { Clock } from "../../clock.ts";
import type { Instant } from "../../domain/license.ts";
import { outsideText } from "../../license-file/outside-text.ts";
import { clockAlert, clockDifferenceMs, describeDifference } from "../../nodes/clock-difference.ts";
import { boundedConnection, describeServer } from "../../store/connection.ts";
import { openDatabase } from "../../store/open-database.ts";
import { type Finding, fail, ok, warn } from "./check.ts";

/** What the first questions to a database brought. */
export interface DatabaseFacts {
  /** Address for people. */
  readonly server: string;
  /** For example "16.4". */
  readonly version: string;
  /** Role of this login. */
  readonly login: string;
  /** It replays the changes of another server. */
  readonly isReplica: boolean;
  /** New transactions may not write. */
  readonly isReadOnly: boolean;
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
  readonly databaseNow: Instant;
  /** Milliseconds, by a clock that nobody sets. */
  readonly roundTripMs: number;
}

/** An open database to look at; its owner closes it. */
export interface OpenedDatabase {
  readonly knex: Knex;
  readonly facts: DatabaseFacts;
  close(): Promise<void>;
}

/** Longer than this for one small question is slow. */
const SLOW_MS = 500;

/** Opens a database for looking. @throws StartupError as `openDatabase`. */
export async function openForLooking(url: string, clock: Clock): Promise<OpenedDatabase> {
  const server = describeServer(boundedConnection(url, "doctor"));
  const knex = await openDatabase(url, { poolSize: 2 });
  try {
    // The second answer is that of a warm connection.
    await ask(knex, clock);
    return { knex, facts: { server, ...(await ask(knex, clock)) }, close: () => knex.destroy() };
  } catch (error) {
    await knex.destroy();
    throw error;
  }
}

async function ask(knex: Knex, clock: Clock): Promise<Omit<DatabaseFacts, "server">> {
  const begin = performance.now();
  const askedAt = clock.now();
  const { rows } = await knex.raw<{ rows: FactColumns[] }>(FACTS);
  const answeredAt = clock.now();
  const roundTripMs = performance.now() - begin;
  const [row] = rows;
  if (row === undefined) throw new Error("the database answers nothing");
  const { version, login, is_replica: isReplica, is_read_only: isReadOnly, database_now } = row;
  const databaseNow = database_now.getTime();
  return { version, login, isReplica, isReadOnly, askedAt, answeredAt, databaseNow, roundTripMs };
}

interface FactColumns {
  readonly version: string;
  readonly login: string;
  readonly is_replica: boolean;
  readonly is_read_only: boolean;
  readonly database_now: Date;
}

const FACTS = `
  select current_setting('server_version') as version, current_user as login, pg_is_in_recovery() as is_replica,
    current_setting('default_transaction_read_only')::bool as is_read_only, clock_timestamp() as database_now`;

/** How the database is reached. */
export function judgeDatabase({ server, version, login, roundTripMs }: DatabaseFacts): Finding {
  const seen = `PostgreSQL ${outsideText(version)} at ${server}, login ${outsideText(login)}, round trip ${roundTripMs.toFixed(1)} ms`;
  if (roundTripMs <= SLOW_MS) return ok(seen);
  return warn(seen, "Every write takes several round trips: look at the network and at the load in between.");
}

/** Whether the database takes writes. */
export function judgeWritable({ isReplica, isReadOnly }: DatabaseFacts): Finding {
  if (isReplica) {
    return fail(
      "The database is a replica that takes no writes (pg_is_in_recovery).",
      "Point DATABASE_URL to the primary, or to an address that follows it.",
    );
  }
  if (isReadOnly) {
    return fail(
      "The database makes every transaction read-only (default_transaction_read_only).",
      "Find out why, then reset it for this database or role.",
    );
  }
  return ok("the database takes writes");
}

/** Whether this machine's clock agrees with the database's. */
export function judgeClock(facts: DatabaseFacts): Finding {
  const differenceMs = clockDifferenceMs(facts);
  const alert = clockAlert(differenceMs);
  const seen = `the clock here is ${describeDifference(differenceMs)} the database's`;
  if (alert === undefined) return ok(seen);
  const judge = alert.severity === "CRITICAL" ? fail : warn;
  return judge(`${seen}.`, alert.remedy);
}
