import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseAccount } from "../../src/store/embedded/account.ts";
import { locateBinaries } from "../../src/store/embedded/binaries.ts";
import { canReachBinaries } from "../../src/store/embedded/choose-place.ts";
import { type RunningCluster, startCluster } from "../../src/store/embedded/cluster.ts";
import { copyBinaries } from "../../src/store/embedded/copy-binaries.ts";
import { placeIn } from "../../src/store/embedded/place.ts";
import type { Settings } from "../../src/store/embedded/postmaster.ts";
import { canReach } from "../../src/store/embedded/reach.ts";

/** A cluster of one run. */
export interface TemporaryCluster {
  /** Connection string of a database in it. */
  url(database: string): string;
  /** Directory for the files of tests, open to all accounts of this machine; goes with the cluster. */
  readonly temporaryDirectory: string;
  /** Stops the cluster and removes its files. */
  remove(): Promise<void>;
}

/** What nobody restores after a power cut need not be written through. */
export const FORGETFUL: Settings = {
  fsync: "off",
  full_page_writes: "off",
  max_connections: "300",
};

/** As the service runs its own PostgreSQL: an answered commit is on the disk. */
export const DURABLE: Settings = {};

/** Starts a new cluster on a Unix socket in a temporary directory, with a secret of its own. */
export async function startTemporaryCluster(settings: Settings = FORGETFUL): Promise<TemporaryCluster> {
  const account = await chooseAccount();
  const home = await mkdtemp(join((await canReach(tmpdir(), account)) ? tmpdir() : "/tmp", "license-test-"));
  const removeHome = () => rm(home, { recursive: true, force: true, maxRetries: 3 });
  try {
    await chmod(home, 0o711);
    const temporaryDirectory = await makeTemporaryDirectory(home);
    const installed = await locateBinaries();
    const binaries = (await canReachBinaries(installed, account))
      ? installed
      : await copyBinaries(installed, home);
    const cluster = await startCluster({
      place: placeIn(home, binaries, account),
      secret: randomBytes(32).toString("base64url"),
      log: () => undefined,
      settings,
    });
    return { url: cluster.url, temporaryDirectory, remove: () => removeWith(cluster, removeHome) };
  } catch (error) {
    await removeHome();
    throw error;
  }
}

/** Its name is short, because paths of sockets are. */
async function makeTemporaryDirectory(home: string): Promise<string> {
  const path = join(home, "t");
  await mkdir(path);
  await chmod(path, 0o1777);
  return path;
}

async function removeWith(cluster: RunningCluster, removeHome: () => Promise<void>): Promise<void> {
  try {
    await cluster.stop();
  } finally {
    await removeHome();
  }
}
