/** How one connects to a cluster of our own: by its socket, with its secret. */
import pg from "pg";
import { SOCKET_NAME } from "./place.ts";

/** Role that owns the cluster; there is no other. */
export const CLUSTER_USER = "license_service";
/** Database of the service. */
export const SERVICE_DATABASE = "license_service";
/** Database that is always there: for making and dropping others. */
export const MAINTENANCE_DATABASE = "postgres";

/** Connection string of a database in the cluster. It holds the secret: never log it. */
export function clusterUrl(socketDirectory: string, secret: string, database: string): string {
  const port = SOCKET_NAME.slice(SOCKET_NAME.lastIndexOf(".") + 1);
  const host = encodeURIComponent(socketDirectory);
  return `postgres://${CLUSTER_USER}:${encodeURIComponent(secret)}@localhost:${port}/${database}?host=${host}`;
}

/** Runs some work on one connection and closes it. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection cut while idle is told to the next query as well; the event must only not be unhandled.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes a database unless it is there. */
export async function ensureDatabase(maintenanceUrl: string, name: string): Promise<void> {
  await withClient(maintenanceUrl, async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}
