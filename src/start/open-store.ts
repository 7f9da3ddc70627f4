import type { Config } from "../config.ts";
import type { Logger } from "../log.ts";
import type { DataDirectory } from "../platform/data-directory.ts";
import { openSeenRevision } from "../platform/seen-revision.ts";
import { keepEmbeddedPostgres } from "../store/embedded/keep-running.ts";
import { migrate } from "../store/migrate.ts";
import { openDatabase } from "../store/open-database.ts";
import { type PoolUse, poolUse } from "../store/pool-use.ts";
import { createStore, type Store } from "../store/store.ts";
import type { ClosingStack } from "./closing-stack.ts";
import { recognizeStore } from "./recognize-store.ts";

/** A store that this node knows, with this program's schema. */
export interface OpenedStore {
  readonly store: Store;
  /** Of the database, for LISTEN. It may hold a password: never log it. */
  readonly url: string;
  readonly poolUse: () => PoolUse;
}

/**
 * Opens the database that the configuration names, or one of our own in the data directory, and holds it
 * against what this node saw last.
 *
 * @throws StartupError
 */
export async function openStore(
  config: Config,
  data: DataDirectory,
  log: Logger,
  opened: ClosingStack,
): Promise<OpenedStore> {
  const say = (line: string): void => log.info({ part: "database" }, line);
  let url = config.databaseUrl;
  if (url === undefined) {
    const embedded = await keepEmbeddedPostgres({ dataDirectory: data.path, log: say });
    opened.add("embedded database", () => embedded.stop());
    url = embedded.url;
  }
  // Nobody else has a login to the embedded database.
  await migrate(url, { mayMigrate: config.isMigrating || config.databaseUrl === undefined });
  const pool = await openDatabase(url, { log: say });
  opened.add("database pool", () => pool.destroy());
  const seen = await openSeenRevision(data.path, log);
  const node = { id: data.nodeId, name: config.nodeName };
  const store = createStore(pool, { node, current: seen.current, keep: seen.keep });
  await recognizeStore(store, seen, data.path);
  return { store, url, poolUse: () => poolUse(pool) };
}
