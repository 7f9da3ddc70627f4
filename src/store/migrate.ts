import type { Knex } from "knex";
import { MIGRATIONS, type NamedMigration } from "../../migrations/index.ts";
import { StartupError } from "../errors.ts";
import { type DatabaseUrl, describeServer, patientConnection } from "./connection.ts";
import { isUnavailable, LOCK_NOT_AVAILABLE, stateOf } from "./database-errors.ts";
import { checkServer } from "./first-contact.ts";
import { MIGRATION_LOCK } from "./locks.ts";
import { createPool } from "./open-database.ts";
import { isLoginRefused, toStartupError } from "./startup-failure.ts";

/** Options of {@link migrate} and {@link migrateDown}. */
export interface MigrateOptions {
  /** The migrations of this program. Default: those in migrations/. */
  readonly migrations?: readonly NamedMigration[];
  /** How long to wait for another server that migrates. Default: 120 s. */
  readonly lockWaitMs?: number;
}

/**
 * Brings the schema up to this program's. Does nothing when it is there already.
 *
 * Everything is one transaction under an advisory lock that lives as long as the transaction: rivals
 * wait for each other, and a kill at any point leaves what was there before, locks included.
 *
 * @throws StartupError `schemaTooNew` when the database knows a migration that this program does not;
 *   else as {@link openDatabase}.
 */
export async function migrate(url: DatabaseUrl, options: MigrateOptions = {}): Promise<void> {
  await underMigrationLock(url, options, async (trx, migrations) => {
    await trx.migrate.latest(migratorConfig(migrations));
  });
}

/** Takes every migration back, the last first, and with it all data. */
export async function migrateDown(url: DatabaseUrl, options: MigrateOptions = {}): Promise<void> {
  await underMigrationLock(url, options, async (trx, migrations) => {
    await trx.migrate.rollback(migratorConfig(migrations), true);
  });
}

async function underMigrationLock(
  url: DatabaseUrl,
  options: MigrateOptions,
  work: (trx: Knex.Transaction, migrations: readonly NamedMigration[]) => Promise<void>,
): Promise<void> {
  const settings = patientConnection(url, "migration");
  const server = describeServer(settings);
  const migrations = options.migrations ?? MIGRATIONS;
  await checkServer(settings);
  const pool = createPool(settings, { poolSize: 1 });
  try {
    await pool.transaction(async (trx) => {
      await waitForLock(trx, options.lockWaitMs ?? 120_000);
      await refuseNewerSchema(trx, migrations);
      // Under our lock, knex's own lock row can only be a stale one, of a restore or of knex's CLI.
      await trx.migrate.forceFreeMigrationsLock(migratorConfig(migrations));
      await work(trx, migrations);
    });
  } catch (error) {
    throw toMigrationError(error, server);
  } finally {
    await pool.destroy();
  }
}

async function waitForLock(trx: Knex.Transaction, lockWaitMs: number): Promise<void> {
  // Without the check, the backend of a killed server works on, and holds the lock, until its
  // statement ends.
  await trx.raw(
    `set local client_connection_check_interval = '1s'; set local lock_timeout = ${Math.ceil(lockWaitMs)}`,
  );
  await trx.raw("select pg_advisory_xact_lock(?, ?)", [...MIGRATION_LOCK]);
}

async function refuseNewerSchema(
  trx: Knex.Transaction,
  migrations: readonly NamedMigration[],
): Promise<void> {
  if (!(await trx.schema.hasTable("knex_migrations"))) return;
  const known = new Set(migrations.map((migration) => migration.name));
  const applied: { name: string }[] = await trx("knex_migrations").select("name").orderBy("id");
  const unknown = applied.filter((row) => !known.has(row.name)).map((row) => row.name.slice(0, 60));
  if (unknown.length === 0) return;
  throw new StartupError(
    "schemaTooNew",
    `The database's schema is newer than this program: it has ${unknown.length} unknown migration(s), the last one ${JSON.stringify(unknown.at(-1))}. Start the version that made it, or a later one.`,
  );
}

function migratorConfig(migrations: readonly NamedMigration[]): Knex.MigratorConfig {
  const source: Knex.MigrationSource<NamedMigration> = {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => migration,
  };
  return { migrationSource: source };
}

function toMigrationError(error: unknown, server: string): unknown {
  if (stateOf(error) === LOCK_NOT_AVAILABLE) {
    return new StartupError(
      "databaseUnreachable",
      `The database at ${server} has been migrated by another server for too long.`,
      { cause: error },
    );
  }
  // What is left is a defect of a migration.
  return isUnavailable(error) || isLoginRefused(error) ? toStartupError(error, server) : error;
}
