/** The service's own PostgreSQL, for those who have set up no other. */
import { randomBytes } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { StartupError } from "../../errors.ts";
import { writeFileDurably } from "../../platform/durable-file.ts";
import { choosePlace } from "./choose-place.ts";
import { type RunningCluster, startCluster } from "./cluster.ts";
import { ensureDatabase, MAINTENANCE_DATABASE, SERVICE_DATABASE } from "./connection.ts";
import { type ClusterPlace, isThere } from "./place.ts";

/** What {@link startEmbeddedPostgres} needs. */
export interface EmbeddedPostgresOptions {
  /** Path of a data directory that this process has locked (`openDataDirectory`). */
  readonly dataDirectory: string;
  /**
   * Where clusters and copied programs lie when this process is root: PostgreSQL then runs as another account, to
   * which the data directory is closed. Default: {@link DEFAULT_HOMES_DIRECTORY}.
   */
  readonly homesDirectory?: string;
  /** Takes lines for the operator; they hold no secrets. */
  readonly log: (line: string) => void;
}

/** A PostgreSQL of our own that takes connections. */
export interface EmbeddedPostgres {
  /** Connection string of the service's database. It holds a secret: never log it. */
  readonly url: string;
  /** Process id of the postmaster. */
  readonly pid: number;
  /** Resolves once the postmaster is gone, or the signal says that nobody wants to know any more. */
  ended(signal: AbortSignal): Promise<void>;
  /** Ends open connections, stops PostgreSQL in order and waits until it is gone. */
  stop(): Promise<void>;
}

/** Not below /var/lib/license-service: that is what one calls a data directory, and those are closed to others. */
export const DEFAULT_HOMES_DIRECTORY = "/var/lib/license-service-postgresql";

/** File of the data directory: password of the cluster. */
export const SECRET_FILE = "postgresql-secret";

/**
 * Starts the PostgreSQL of a data directory, or takes it over if it outlived an earlier process. The first call
 * makes cluster and database. It is reached by a Unix socket and a random secret only.
 *
 * @throws StartupError embeddedDatabase, with one line that says why.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const why = error instanceof Error ? error.message.slice(0, 240) : "unknown error";
    throw new StartupError("embeddedDatabase", `the embedded PostgreSQL cannot be used: ${why}`, {
      cause: error,
    });
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  refuseWindows();
  const { log, homesDirectory = DEFAULT_HOMES_DIRECTORY } = options;
  const dataDirectory = await realpath(options.dataDirectory);
  const place = await choosePlace({ dataDirectory, homesDirectory, log });
  const secret = await loadOrCreateSecret(dataDirectory, place);
  const cluster = await startCluster({ place, secret, log });
  await makeDatabase(cluster);
  return { url: cluster.url(SERVICE_DATABASE), pid: cluster.pid, ended: cluster.ended, stop: cluster.stop };
}

async function makeDatabase(cluster: RunningCluster): Promise<void> {
  try {
    await ensureDatabase(cluster.url(MAINTENANCE_DATABASE), SERVICE_DATABASE);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function loadOrCreateSecret(dataDirectory: string, place: ClusterPlace): Promise<string> {
  const path = join(dataDirectory, SECRET_FILE);
  if (await isThere(path)) return (await readFile(path, "utf8")).trim();
  if (await isThere(place.clusterDirectory)) {
    throw new StartupError(
      "embeddedDatabase",
      `${SECRET_FILE}, the password of the database, is missing from the data directory: restore it from a backup`,
    );
  }
  const secret = randomBytes(32).toString("base64url");
  await writeFileDurably(path, `${secret}\n`, 0o600);
  return secret;
}

function refuseWindows(): void {
  if (process.platform !== "win32") return;
  throw new StartupError(
    "embeddedDatabase",
    "there is no embedded PostgreSQL on Windows, where the service could not reach it by a socket: set DATABASE_URL",
  );
}
