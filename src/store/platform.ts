import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import { PLATFORM_LOCK } from "./locks.ts";
import { present } from "./revisions.ts";
import type { PlatformRow } from "./types.ts";
import { toInstant, toTimestamp } from "./values.ts";

/**
 * Runs `work` while no other server makes the platform. A crash ends the lock.
 *
 * @param work Gets the transaction that holds the lock, for its own reads and writes: what it writes
 *   is committed when it succeeds.
 * @throws ServiceError DATABASE_UNAVAILABLE, also when another server holds the lock for more than 30 s.
 */
export function withPlatformLock<T>(knex: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return inDatabase(() =>
    knex.transaction(async (trx) => {
      await trx.raw("set local statement_timeout = '30s'; set local lock_timeout = '30s'");
      await trx.raw("select pg_advisory_xact_lock(?, ?)", [...PLATFORM_LOCK]).options(PATIENT);
      await trx.raw("set local statement_timeout to default; set local lock_timeout to default");
      return work(trx);
    }),
  );
}

/** For pg: wait longer than the 30 s that PostgreSQL waits for the lock. */
const PATIENT = { query_timeout: 35_000 };

/**
 * Registers the platform if none is registered yet: insert first, for another node may do the same.
 * Its node is registered before.
 *
 * @returns The platform that is registered now, which may be another's.
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function registerPlatform(knex: Knex, platform: PlatformRow): Promise<PlatformRow> {
  return inDatabase(async () => {
    await knex("platform").insert(toColumns(platform)).onConflict("is_only").ignore();
    return present(await findPlatform(knex));
  });
}

/**
 * Reads the platform; `undefined`: none is registered yet.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function readPlatform(knex: Knex): Promise<PlatformRow | undefined> {
  return inDatabase(() => findPlatform(knex));
}

/** As {@link readPlatform}, within a transaction that converts its errors itself. */
export async function findPlatform(knex: Knex): Promise<PlatformRow | undefined> {
  const row = await knex("platform").first<PlatformColumns | undefined>(
    "thumbprint",
    "public_key",
    "profile",
    "first_start_at",
    "first_start_jws",
    "primary_node_id",
  );
  return row && toPlatform(row);
}

interface PlatformColumns {
  readonly thumbprint: string;
  readonly public_key: string;
  readonly profile: string;
  readonly first_start_at: Date;
  readonly first_start_jws: string;
  readonly primary_node_id: string;
}

function toPlatform(row: PlatformColumns): PlatformRow {
  return {
    thumbprint: row.thumbprint,
    publicKey: row.public_key,
    profile: row.profile,
    firstStartAt: toInstant(row.first_start_at),
    firstStartJws: row.first_start_jws,
    primaryNodeId: row.primary_node_id,
  };
}

function toColumns(platform: PlatformRow) {
  return {
    thumbprint: platform.thumbprint,
    public_key: platform.publicKey,
    profile: platform.profile,
    first_start_at: toTimestamp(platform.firstStartAt),
    first_start_jws: platform.firstStartJws,
    primary_node_id: platform.primaryNodeId,
  };
}
