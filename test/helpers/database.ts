/** Databases for tests: clones of one migrated template, on the one cluster of the run. */
import { randomBytes } from "node:crypto";
import { withClient } from "../../src/store/embedded/connection.ts";

/** The migrated database that every test database is a clone of. */
export const TEMPLATE_DATABASE = "license_template";

/** A migrated, empty database of one test file or test. */
export interface TestDatabase {
  /** Connection string, for knex and pg alike. */
  readonly url: string;
  /** Drops the database, and with it connections that are still open. */
  drop(): Promise<void>;
}

/** PostgreSQL refuses to clone a database to which somebody is connected; so clones are made one by one. */
const CLONE_LOCK = 7_215_001;

/**
 * Makes a migrated, empty database. The caller drops it.
 *
 * @throws Error, if no cluster runs: the tests were not started by `npm test`.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const maintenanceUrl = process.env["TEST_DATABASE_URL"];
  if (maintenanceUrl === undefined) {
    throw new Error("no database to test with: run `npm test -- <file>` instead of AVA alone");
  }
  const name = `test_${randomBytes(8).toString("hex")}`;
  await withClient(maintenanceUrl, async (client) => {
    // The lock ends with the connection.
    await client.query("SELECT pg_advisory_lock($1)", [CLONE_LOCK]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  });
  return {
    url: withDatabase(maintenanceUrl, name),
    drop: () => execute(maintenanceUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

function withDatabase(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}

async function execute(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}
