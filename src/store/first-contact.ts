import { Socket } from "node:net";
import { Client } from "pg";
import { StartupError } from "../errors.ts";
import { type ConnectionSettings, describeServer } from "./connection.ts";
import { toStartupError } from "./startup-failure.ts";

/** Oldest PostgreSQL that is supported. */
const OLDEST_VERSION = 14;

/**
 * Proves that the database can be used, on a connection of its own.
 *
 * On a socket of its own, too: pg leaves the socket of a login that failed on our side open, which
 * keeps this process alive, and a half-made session in the server, for a minute.
 *
 * @throws StartupError `databaseUnreachable`, `databaseLoginRefused`; `settings` for a PostgreSQL
 *   older than 14. The message is one line and holds no password.
 */
export async function checkServer(settings: ConnectionSettings): Promise<void> {
  const server = describeServer(settings);
  const socket = new Socket();
  const client = new Client({ ...settings, stream: () => socket });
  // A connection cut while idle fails the next statement as well.
  client.on("error", () => {});
  try {
    await client.connect();
    await refuseOldVersion(client);
    await client.end();
  } catch (error) {
    throw toStartupError(error, server);
  } finally {
    socket.destroy();
  }
}

async function refuseOldVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ major: number; version: string }>(
    "select current_setting('server_version_num')::int / 10000 as major, current_setting('server_version') as version",
  );
  const found = rows[0];
  if (found !== undefined && found.major >= OLDEST_VERSION) return;
  throw new StartupError(
    "settings",
    `The database is PostgreSQL ${found?.version}; ${OLDEST_VERSION} or newer is needed.`,
  );
}
