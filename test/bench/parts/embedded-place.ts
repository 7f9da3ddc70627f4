/** A data directory whose server runs a PostgreSQL of its own, and what is left of it at the end. */
import { realpath, rm } from "node:fs/promises";
import { sep } from "node:path";
import { openDataDirectory } from "../../../src/platform/data-directory.ts";
import {
  DEFAULT_HOMES_DIRECTORY,
  startEmbeddedPostgres,
} from "../../../src/store/embedded/embedded-postgres.ts";
import { readHome } from "../../../src/store/embedded/homes.ts";
import { isThere } from "../../../src/store/embedded/place.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";

/**
 * Makes a data directory for a server without DATABASE_URL. At the end of the bench its PostgreSQL is stopped, also
 * if it outlived its server, and its files are removed, also those that a root's server keeps elsewhere.
 */
export async function makeEmbeddedPlace(t: Teardown): Promise<string> {
  const data = await makeTestDataDirectory();
  t.teardown(async () => {
    if (await isThere(data.path)) await removeDatabase(data.path);
    await data.remove();
  });
  return data.path;
}

async function removeDatabase(path: string): Promise<void> {
  const directory = await openDataDirectory(path);
  try {
    const database = await startEmbeddedPostgres({ dataDirectory: directory.path, log: () => undefined });
    await database.stop();
    const home = await readHome(directory.path);
    if (home !== undefined && (await isOurs(home))) await rm(home, { recursive: true, force: true });
  } finally {
    directory.close();
  }
}

async function isOurs(home: string): Promise<boolean> {
  return home.startsWith((await realpath(DEFAULT_HOMES_DIRECTORY)) + sep);
}
