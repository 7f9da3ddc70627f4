/** A PostgreSQL of a drill's own: to be stopped, killed, frozen and copied. With fsync on, as in production. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Account, chooseAccount } from "../../../src/store/embedded/account.ts";
import { type Binaries, locateBinaries } from "../../../src/store/embedded/binaries.ts";
import { canReachBinaries } from "../../../src/store/embedded/choose-place.ts";
import { type RunningCluster, startCluster } from "../../../src/store/embedded/cluster.ts";
import { clusterUrl, MAINTENANCE_DATABASE } from "../../../src/store/embedded/connection.ts";
import { copyBinaries } from "../../../src/store/embedded/copy-binaries.ts";
import { type ClusterPlace, placeIn } from "../../../src/store/embedded/place.ts";
import type { Settings } from "../../../src/store/embedded/postmaster.ts";
import { isProcessRunning } from "../../../src/store/embedded/process.ts";
import { canReach } from "../../../src/store/embedded/reach.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { processTree, signalAll } from "./processes.ts";

const run = promisify(execFile);

/** What the clusters of one drill share. */
export interface DrillGround {
  /** Directory of everything; goes at the end of the drill. */
  readonly directory: string;
  readonly binaries: Binaries;
  /** Account that PostgreSQL runs as; `undefined`: this process's own. */
  readonly account: Account | undefined;
  readonly secret: string;
}

/** Makes the ground for clusters, in the temporary directory. */
export async function makeGround(t: Teardown): Promise<DrillGround> {
  const account = await chooseAccount();
  const parent = (await canReach(tmpdir(), account)) ? tmpdir() : "/tmp";
  const directory = await mkdtemp(join(parent, "license-drill-"));
  t.teardown(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(directory, 0o711);
  const installed = await locateBinaries();
  const binaries = (await canReachBinaries(installed, account))
    ? installed
    : await copyBinaries(installed, directory);
  return { directory, binaries, account, secret: randomBytes(24).toString("hex") };
}

/** A cluster, running or not. */
export class DrillCluster {
  readonly place: ClusterPlace;
  readonly #ground: DrillGround;
  readonly #settings: Settings;
  #running: RunningCluster | undefined;
  #starting: Promise<RunningCluster> | undefined;

  private constructor(ground: DrillGround, place: ClusterPlace, settings: Settings) {
    this.#ground = ground;
    this.place = place;
    this.#settings = settings;
  }

  /**
   * A place for a cluster; the first `start` makes it, unless `copyFrom` did.
   *
   * @param settings of PostgreSQL at every start. Default: those of the service's own PostgreSQL.
   */
  static async at(
    t: Teardown,
    ground: DrillGround,
    name: string,
    settings: Settings = {},
  ): Promise<DrillCluster> {
    const home = join(ground.directory, name);
    await mkdir(home);
    await chmod(home, 0o711);
    const cluster = new DrillCluster(ground, placeIn(home, ground.binaries, ground.account), settings);
    t.teardown(() => cluster.#end());
    return cluster;
  }

  /** Starts it and waits until it takes connections. */
  async start(settings: Settings = {}): Promise<void> {
    this.#starting = startCluster({
      place: this.place,
      secret: this.#ground.secret,
      log: () => undefined,
      settings: { ...this.#settings, ...settings },
    });
    this.#running = await this.#starting;
  }

  /** Connection string of a database; the same whether it runs or not. Holds the secret. */
  url(database = MAINTENANCE_DATABASE): string {
    return clusterUrl(this.place.socketDirectory, this.#ground.secret, database);
  }

  /** Fast shutdown: PostgreSQL ends all sessions and writes everything out. */
  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  /** As `kill -9` of the postmaster and of all its processes, or a pulled plug. */
  async kill(): Promise<void> {
    const pids = await this.#processes();
    signalAll(pids, "SIGKILL");
    for (const pid of pids) while (await isProcessRunning(pid)) await new Promise(setImmediate);
    this.#running = undefined;
  }

  /** Stops all its processes where they are: connections stand, and nothing answers. */
  async freeze(): Promise<void> {
    const { pid } = this.#present();
    // The postmaster first, so that it starts no process that is missed.
    signalAll([pid], "SIGSTOP");
    signalAll(await this.#processes(), "SIGSTOP");
  }

  /** Lets frozen processes go on. */
  async thaw(): Promise<void> {
    signalAll((await this.#processes()).reverse(), "SIGCONT");
  }

  /** Replaces its files by a copy of another's; both are stopped. */
  async copyFrom(source: DrillCluster): Promise<void> {
    await copyDirectory(source.place.clusterDirectory, this.place.clusterDirectory);
  }

  /** Copies its files aside, while it is stopped; the answer puts them back, over whatever came since. */
  async backUp(): Promise<() => Promise<void>> {
    const { clusterDirectory, home } = this.place;
    const backup = join(home, "backup");
    await copyDirectory(clusterDirectory, backup);
    return () => copyDirectory(backup, clusterDirectory);
  }

  #present(): RunningCluster {
    if (this.#running === undefined) throw new Error("this cluster does not run");
    return this.#running;
  }

  async #processes(): Promise<number[]> {
    return this.#running === undefined ? [] : processTree(this.#running.pid);
  }

  async #end(): Promise<void> {
    // An interruption may come while it starts.
    await this.#starting?.catch(() => undefined);
    await this.thaw();
    await this.stop();
  }
}

/** With owners and modes, which PostgreSQL insists on; beside its place and then by a rename. */
async function copyDirectory(source: string, target: string): Promise<void> {
  const staging = `${target}.copy`;
  await run("cp", ["-a", source, staging]);
  await rm(target, { recursive: true, force: true, maxRetries: 3 });
  await rename(staging, target);
}
