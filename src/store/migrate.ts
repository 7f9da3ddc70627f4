import type { Knex } from "knex";
import { MIGRATIONS, type NamedMigration } from "../../migrations/index.ts";
import { StartupError } from "../errors.ts";
import { boundedConnection, type DatabaseUrl, describeServer, patientConnection } from "./connection.ts";
import { isUnavailable, LOCK_NOT_AVAILABLE, stateOf } from "./database-errors.ts";
import { checkServer } from "./first-contact.ts";
import { MIGRATION_LOCK } from "./locks.ts";
import { createPool, openDatabase } from "./open-database.ts";
import {
  readSchemaStanding,
  refuseClosedTables,
  refuseNewerSchema,
  type SchemaStanding,
  schemaTooOld,
} from "./schema-standing.ts";
import { isLoginRefused, isRightMissing, reasonOf, toStartupError } from "./startup-failure.ts";

/** Options of {@link migrate} and {@link migrateDown}. */
export interface MigrateOptions {
  /** The migrations of this program. Default: those in migrations/. */
  readonly migrations?: readonly NamedMigration[];
  /** How long to wait for another server that migrates. Default: 120 s. */
  readonly lockWaitMs?: number;
  /** Whether the schema may be changed. Default: true. */
  readonly mayMigrate?: boolean;
}

/**
 * Brings the schema up to this program's. When it is there already, it is only read: the login then needs no
 * right to change it.
 *
 * Everything that changes is one transaction under an advisory lock that lives as long as the transaction: rivals
 * wait for each other, and a kill at any point leaves what was there before, locks included.
 *
 * @returns The names of the migrations that were made, the oldest first.
 * @throws StartupError `schemaTooNew` when the database knows a migration that this program does not;
 *   `schemaTooOld` when one is missing and this login or `mayMigrate` does not allow to make it;
 *   `databaseLoginRefused` when the login may not use a current schema; else as {@link openDatabase}.
 */
export async function migrate(url: DatabaseUrl, options: MigrateOptions = {}): Promise<readonly string[]> {
  const standing = await lookAtSchema(url, options.migrations);
  refuseNewerSchema(standing);
  if (standing.pending.length === 0) {
    refuseClosedTables(standing);
    return [];
  }
  if (options.mayMigrate === false) throw schemaTooOld(standing, "LICENSE_MIGRATE is off");
  try {
    return await underMigrationLock(url, options, async (trx, migrations) => {
      const [, made]: [number, string[]] = await trx.migrate.latest(migratorConfig(migrations));
      return made;
    });
  } catch (error) {
    throw isRightMissing(error)
      ? schemaTooOld(standing, `this login may not make them (${reasonOf(error)})`, error)
      : error;
  }
}

/**
 * Reads how the schema stands to this program; changes nothing.
 *
 * @param migrations default: those in migrations/.
 * @throws StartupError as {@link openDatabase}; `databaseLoginRefused` also when the login may not read what
 *   was migrated.
 */
export async function lookAtSchema(
  url: DatabaseUrl,
  migrations?: readonly NamedMigration[],
): Promise<SchemaStanding> {
  const pool = await openDatabase(url, { poolSize: 1 });
  try {
    return await readSchemaStanding(pool, migrations);
  } catch (error) {
    throw toLookError(error, describeServer(boundedConnection(url, "server")));
  } finally {
    await pool.destroy();
  }
}

/** Takes every migration back, the last first, and with it all data. */
export async function migrateDown(url: DatabaseUrl, options: MigrateOptions = {}): Promise<void> {
  await underMigrationLock(url, options, async (trx, migrations) => {
    await trx.migrate.rollback(migratorConfig(migrations), true);
  });
}

async function underMigrationLock<T>(
  url: DatabaseUrl,
  options: MigrateOptions,
  work: (trx: Knex.Transaction, migrations: readonly NamedMigration[]) => Promise<T>,
): Promise<T> {
  const settings = patientConnection(url, "migration");
  const server = describeServer(settings);
  const migrations = options.migrations ?? MIGRATIONS;
  await checkServer(settings);
  const pool = createPool(settings, { poolSize: 1 });
  try {
    return await pool.transaction(async (trx) => {
      await waitForLock(trx, options.lockWaitMs ?? 120_000);
      // Another server may have migrated meanwhile.
      refuseNewerSchema(await readSchemaStanding(trx, migrations));
      // Under our lock, knex's own lock row can only be a stale one, of a restore or of knex's CLI.
      await trx.migrate.forceFreeMigrationsLock(migratorConfig(migrations));
      return await work(trx, migrations);
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

function migratorConfig(migrations: readonly NamedMigration[]): Knex.MigratorConfig {
  const source: Knex.MigrationSource<NamedMigration> = {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => migration,
  };
  return { migrationSource: source };
}

/** What the server says of a table is of no use to who does not know what to grant. */
function toLookError(error: unknown, server: string): unknown {
  if (!isRightMissing(error)) return toMigrationError(error, server);
  return new StartupError(
    "databaseLoginRefused",
    `The database at ${server} refuses this login: ${reasonOf(error)}. Let the owner of the schema run licensectl migrate --grant-to with the name of its role.`,
    { cause: error },
  );
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
