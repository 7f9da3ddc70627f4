/** Databases on a drill's cluster. */
import { ensureDatabase, withClient } from "../../../src/store/embedded/connection.ts";
import { migrate } from "../../../src/store/migrate.ts";
import type { DrillCluster } from "./cluster.ts";

const TEMPLATE = "license_template";

/** The database of drills that need one only. */
export const DATABASE = "license";

/** Makes an empty database; the first server makes the schema in it. */
export async function makeDatabase(cluster: DrillCluster): Promise<string> {
  await ensureDatabase(cluster.url(), DATABASE);
  return cluster.url(DATABASE);
}

/** Makes a migrated database that others are cloned from. */
export async function makeTemplate(cluster: DrillCluster): Promise<void> {
  await ensureDatabase(cluster.url(), TEMPLATE);
  await migrate(cluster.url(TEMPLATE));
}

/** Clones it. */
export async function cloneTemplate(cluster: DrillCluster, name: string): Promise<string> {
  await withClient(cluster.url(), (client) => client.query(`create database ${name} template ${TEMPLATE}`));
  return cluster.url(name);
}

/** Runs one statement. */
export async function execute(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}
