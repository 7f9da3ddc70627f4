/** Makes a new cluster: beside its final place, then by one rename, so that a kill leaves nothing half made. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chown, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { StartupError } from "../../errors.ts";
import { syncDirectory } from "../../platform/durable-file.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { PROGRAM_ENVIRONMENT } from "./binaries.ts";
import { CLUSTER_USER } from "./connection.ts";
import { lastWords } from "./log-file.ts";
import { type ClusterPlace, makePrivateDirectory } from "./place.ts";

const run = promisify(execFile);

const STAGING_PREFIX = "initdb.";

/**
 * Makes a cluster with checksums, UTF-8, locale C, and scram as the only way in.
 *
 * @throws StartupError embeddedDatabase, with the last words of initdb.
 */
export async function initializeCluster(place: ClusterPlace, secret: string): Promise<void> {
  await removeLeftovers(place.home);
  const staging = join(place.home, `${STAGING_PREFIX}${randomUUID()}`);
  try {
    await makePrivateDirectory(staging, place.account);
    const passwordFile = await writePasswordFile(staging, place, secret);
    await runInitdb(place, join(staging, "cluster"), passwordFile);
    await rename(join(staging, "cluster"), place.clusterDirectory);
    await syncDirectory(place.home);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** An initdb whose service was killed may still write there: what cannot be removed now goes the next time. */
async function removeLeftovers(home: string): Promise<void> {
  const names = await readdir(home);
  for (const name of names.filter((each) => each.startsWith(STAGING_PREFIX))) {
    await rm(join(home, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function writePasswordFile(staging: string, place: ClusterPlace, secret: string): Promise<string> {
  const path = join(staging, "password");
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  if (place.account !== undefined) await chown(path, place.account.uid, place.account.gid);
  return path;
}

async function runInitdb(place: ClusterPlace, directory: string, passwordFile: string): Promise<void> {
  const options = [
    `--pgdata=${directory}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--data-checksums",
    "--no-instructions",
  ];
  try {
    await run(place.binaries.initdb, options, { ...place.account, cwd: "/", env: PROGRAM_ENVIRONMENT });
  } catch (cause) {
    const output = cause instanceof Error && "stderr" in cause ? String(cause.stderr) : String(cause);
    throw new StartupError(
      "embeddedDatabase",
      `PostgreSQL could not make its cluster in ${shownPath(place.home)}: ${lastWords(output)}`,
      { cause },
    );
  }
}
