/** Brings a cluster up, whatever state an earlier process left it in, and down again. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { StartupError } from "../../errors.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { clusterUrl, MAINTENANCE_DATABASE } from "./connection.ts";
import { initializeCluster } from "./initialize.ts";
import { findLivingPostmaster } from "./lock-file.ts";
import { lastWords, readLogFrom } from "./log-file.ts";
import { type ClusterPlace, isThere, makePrivateDirectory } from "./place.ts";
import {
  adoptPostmaster,
  type Postmaster,
  type Settings,
  spawnPostmaster,
  stopPostmaster,
} from "./postmaster.ts";
import { awaitReady, type Readiness } from "./readiness.ts";

/** How a cluster is to be brought up. */
export interface ClusterOptions {
  readonly place: ClusterPlace;
  /** Password of the cluster's only role. */
  readonly secret: string;
  readonly log: (line: string) => void;
  /** Beside those that every cluster of ours has. Default: none. */
  readonly settings?: Settings;
}

/** A cluster that takes connections. */
export interface RunningCluster {
  /** Process id of the postmaster. */
  readonly pid: number;
  /** Connection string of a database in it; holds the secret. */
  url(database: string): string;
  /** Resolves once the postmaster is gone, or the signal says that nobody wants to know any more. */
  ended(signal: AbortSignal): Promise<void>;
  /** Stops it in order and waits until it is gone; a second call gets the same answer. */
  stop(): Promise<void>;
}

/** Orphaned backends of a killed postmaster end by themselves, soon; until then PostgreSQL refuses to start. */
const ORPHANS_END_WITHIN_MS = 15_000;
const ORPHANS_RETRY_MS = 100;

/** How often a running cluster is looked at whose end is no event. */
const WATCH_POLL_MS = 1_000;

/**
 * Makes the cluster if there is none, adopts its postmaster if one lives, starts one otherwise; returns once it
 * takes connections.
 *
 * @throws StartupError embeddedDatabase, with one line that says why.
 */
export async function startCluster(options: ClusterOptions): Promise<RunningCluster> {
  const { place, log } = options;
  if (!(await isThere(place.clusterDirectory))) {
    await initializeCluster(place, options.secret);
    log(`PostgreSQL cluster made in ${place.clusterDirectory}`);
  }
  await refuseOtherMajorVersion(place);
  await makePrivateDirectory(place.socketDirectory, place.account);
  const living = await findLivingPostmaster(place, log);
  const adopted = living === undefined ? undefined : await adopt(options, living);
  const { postmaster, socketDirectory } = adopted ?? (await launch(options));
  let stopped: Promise<void> | undefined;
  return {
    pid: postmaster.pid,
    url: (database) => clusterUrl(socketDirectory, options.secret, database),
    ended: (signal) => postmaster.exited(signal, WATCH_POLL_MS),
    stop: () => {
      stopped ??= stopPostmaster(postmaster);
      return stopped;
    },
  };
}

interface Serving {
  readonly postmaster: Postmaster;
  readonly socketDirectory: string;
}

/** `undefined`: it was about to end, and has. */
async function adopt(options: ClusterOptions, pid: number): Promise<Serving | undefined> {
  const postmaster = adoptPostmaster(options.place, pid);
  const readiness = await waitFor(options, postmaster);
  if (readiness.state === "exited") return undefined;
  if (readiness.state === "ready") {
    options.log(`PostgreSQL process ${pid} outlived its service; it is taken over`);
    return { postmaster, socketDirectory: readiness.socketDirectory };
  }
  throw new StartupError(
    "embeddedDatabase",
    `PostgreSQL process ${pid} holds the cluster, but ${readiness.why}`,
  );
}

async function launch(options: ClusterOptions): Promise<Serving> {
  const giveUpAt = performance.now() + ORPHANS_END_WITHIN_MS;
  for (;;) {
    const { postmaster, logStartsAtByte } = await spawnPostmaster(options.place, options.settings ?? {});
    const readiness = await waitFor(options, postmaster);
    if (readiness.state === "ready") return { postmaster, socketDirectory: readiness.socketDirectory };
    const words = await readLogFrom(options.place.logFile, logStartsAtByte);
    const isHeldByOrphans =
      readiness.state === "exited" && words.includes("pre-existing shared memory block");
    if (!isHeldByOrphans || performance.now() > giveUpAt) {
      await stopPostmaster(postmaster);
      const why = readiness.state === "exited" ? lastWords(words) : readiness.why;
      throw new StartupError(
        "embeddedDatabase",
        `PostgreSQL did not start: ${why} (${shownPath(options.place.logFile)})`,
      );
    }
    await delay(ORPHANS_RETRY_MS);
  }
}

async function waitFor(options: ClusterOptions, postmaster: Postmaster): Promise<Readiness> {
  return awaitReady(options.place, postmaster, (socketDirectory) =>
    clusterUrl(socketDirectory, options.secret, MAINTENANCE_DATABASE),
  );
}

/** PostgreSQL reads the files of its own major version only. */
async function refuseOtherMajorVersion(place: ClusterPlace): Promise<void> {
  const found = (await readFile(join(place.clusterDirectory, "PG_VERSION"), "utf8")).trim();
  const ours = place.binaries.version.split(".", 1)[0];
  if (found === ours) return;
  throw new StartupError(
    "embeddedDatabase",
    `the cluster in ${shownPath(place.clusterDirectory)} was made by PostgreSQL ${found.slice(0, 8)}, this program brings ${ours}: ` +
      "dump it with the old version and restore it with the new one, or set DATABASE_URL",
  );
}
