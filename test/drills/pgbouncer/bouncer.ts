/** A PgBouncer in front of a cluster, with nothing set that a default does not set, but addresses, login and pool mode. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { CLUSTER_USER, withClient } from "../../../src/store/embedded/connection.ts";
import { freePort } from "../../helpers/free-port.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { DrillCluster, DrillGround } from "../parts/cluster.ts";
import { findProgram } from "../parts/programs.ts";

/** How PgBouncer hands out connections. */
export type PoolMode = "session" | "transaction";

const START_MS = 10_000;

/** Where PgBouncer lies; throws CannotRunError. */
export function findBouncer(): Promise<string> {
  return findProgram("pgbouncer", "on Debian, apt-get install pgbouncer");
}

/** A PgBouncer that can be ended and started again. */
export class Bouncer {
  /** Connection string by way of it. Holds the secret. */
  readonly url: string;
  readonly #start: () => ChildProcess;
  readonly #logFile: string;
  #child: ChildProcess | undefined;

  private constructor(url: string, logFile: string, start: () => ChildProcess) {
    this.url = url;
    this.#logFile = logFile;
    this.#start = start;
  }

  /** Prepares one for a database of a cluster; `start` starts it. */
  static async at(
    t: Teardown,
    ground: DrillGround,
    cluster: DrillCluster,
    database: string,
    poolMode: PoolMode,
  ): Promise<Bouncer> {
    const program = await findBouncer();
    const directory = join(ground.directory, `bouncer-${poolMode}`);
    const port = await freePort();
    const files = { "pgbouncer.ini": settings(cluster, database, poolMode, port, directory) };
    await writeFiles(directory, ground, { ...files, "users.txt": `"${CLUSTER_USER}" "${ground.secret}"\n` });
    const url = new URL(cluster.url(database));
    url.port = String(port);
    url.searchParams.set("host", "127.0.0.1");
    const start = () =>
      // It refuses to run as root, as PostgreSQL does.
      spawn(program, [join(directory, "pgbouncer.ini")], { ...ground.account, stdio: "ignore", cwd: "/" });
    const bouncer = new Bouncer(url.href, join(directory, "log"), start);
    t.teardown(() => bouncer.stop());
    return bouncer;
  }

  /** Starts it and waits until it takes connections. */
  async start(): Promise<void> {
    const child = this.#start();
    this.#child = child;
    const giveUpAt = performance.now() + START_MS;
    const isUp = () =>
      withClient(this.url, (client) => client.query("select")).then(
        () => true,
        () => false,
      );
    while (!(await isUp())) {
      if (performance.now() > giveUpAt) throw new Error(`PgBouncer does not answer: ${await this.log()}`);
      await delay(50);
    }
  }

  /** Ends it at once, and with it every connection through it. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  }

  /** The last lines of its log. */
  async log(): Promise<string> {
    const text = await readFile(this.#logFile, "utf8").catch(() => "");
    return text.trim().split("\n").slice(-3).join(" | ");
  }
}

function settings(
  cluster: DrillCluster,
  database: string,
  poolMode: PoolMode,
  port: number,
  directory: string,
): string {
  return [
    "[databases]",
    `${database} = host=${cluster.place.socketDirectory} port=5432 dbname=${database}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${join(directory, "users.txt")}`,
    `logfile = ${join(directory, "log")}`,
    `pidfile = ${join(directory, "pid")}`,
    `pool_mode = ${poolMode}`,
    "",
  ].join("\n");
}

async function writeFiles(
  directory: string,
  { account }: DrillGround,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    await writeFile(path, text);
    await chmod(path, 0o600);
    if (account !== undefined) await chown(path, account.uid, account.gid);
  }
  await chmod(directory, 0o700);
  if (account !== undefined) await chown(directory, account.uid, account.gid);
}
