import { StartupError } from "../../errors.ts";
import { grantServing, hasRole, NEEDED_RIGHTS } from "../../store/grant.ts";
import { lookAtSchema, migrate as migrateSchema } from "../../store/migrate.ts";
import { openDatabase } from "../../store/open-database.ts";
import { refuseNewerSchema } from "../../store/schema-standing.ts";
import { isRightMissing, reasonOf } from "../../store/startup-failure.ts";
import { usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { readServerConfig } from "../doctor/read-settings.ts";
import { asServer } from "../doctor/server-error.ts";
import { type Screen, styled } from "../output/screen.ts";
import { counted } from "../render/terms.ts";

/** Options of `licensectl migrate`. */
export interface MigrateOptions {
  readonly grantTo?: string;
  readonly dryRun?: boolean;
}

/** What was done, or would be. */
interface MigrationReport {
  readonly dryRun: boolean;
  /** Names, the oldest first. */
  readonly migrations: readonly string[];
  /** Role that was granted to; absent: none. */
  readonly grantedTo?: string;
}

/**
 * `licensectl migrate`: brings the schema of DATABASE_URL up to this program's, and lets a role serve on it.
 * @throws CliError: usage without DATABASE_URL or for an unknown role; else as the server's start refuses.
 */
export async function migrate(
  { host, isJson, out }: CommandContext,
  { grantTo, dryRun = false }: MigrateOptions,
): Promise<void> {
  const report = await asServer(async () => {
    const url = readServerConfig({ DATABASE_URL: host.env["DATABASE_URL"] }, {}).databaseUrl;
    if (url === undefined) throw noDatabase();
    return work(url, grantTo, dryRun);
  });
  if (isJson) out.json(report);
  else writeReport(out, report);
}

async function work(url: string, role: string | undefined, dryRun: boolean): Promise<MigrationReport> {
  // A name that is wrong ends it before anything is changed.
  if (role !== undefined) await refuseUnknownRole(url, role);
  const migrations = dryRun ? await pendingOf(url) : await migrateSchema(url);
  if (role === undefined) return { dryRun, migrations };
  if (!dryRun) await grant(url, role);
  return { dryRun, migrations, grantedTo: role };
}

async function pendingOf(url: string): Promise<readonly string[]> {
  const standing = await lookAtSchema(url);
  refuseNewerSchema(standing);
  return standing.pending;
}

async function refuseUnknownRole(url: string, role: string): Promise<void> {
  const pool = await openDatabase(url, { poolSize: 1 });
  try {
    if (await hasRole(pool, role)) return;
  } finally {
    await pool.destroy();
  }
  throw usageError(
    `--grant-to: the database has no role "${role}".`,
    "Make it with create role and a password of its own, then run this again.",
  );
}

async function grant(url: string, role: string): Promise<void> {
  const pool = await openDatabase(url, { poolSize: 1 });
  try {
    await grantServing(pool, role);
  } catch (error) {
    if (!isRightMissing(error)) throw error;
    const message = `This login may not grant: ${reasonOf(error)}. Use the login that owns the schema.`;
    throw new StartupError("databaseLoginRefused", message, { cause: error });
  } finally {
    await pool.destroy();
  }
}

function writeReport(screen: Screen, { dryRun, migrations, grantedTo }: MigrationReport): void {
  const count = counted(migrations.length, "migration");
  if (dryRun) screen.line`${styled("cyan", "Dry run: nothing was written.")}`;
  if (migrations.length === 0) screen.line`The schema is this program's: there is nothing to migrate.`;
  else screen.line`${dryRun ? "Would make" : "Made"} ${count}:`;
  for (const name of migrations) screen.line`  ${name}`;
  if (grantedTo === undefined) return;
  screen.line`${dryRun ? "Would grant" : "Granted"} to ${styled("bold", grantedTo)}:`;
  for (const { rights, kind, names } of NEEDED_RIGHTS) {
    screen.line`  ${rights} on ${names.length === 0 ? `the ${kind}` : `${kind} ${names.join(", ")}`}`;
  }
}

function noDatabase() {
  return usageError(
    "DATABASE_URL is not set, and there is nothing to migrate.",
    "Set it to the database, with the login that owns the schema. The server's own PostgreSQL is migrated by the server.",
  );
}
