/** The server under attack. Its log goes to a file: read by the drill it would take time from the honest callers there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../helpers/free-port.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { ServerPlace } from "../../helpers/server-process.ts";
import { openCaller } from "../parts/caller.ts";
import type { NodeSettings } from "../parts/node.ts";

/** A server that serves. */
export interface AttackedServer {
  readonly address: string;
  readonly pid: number;
  /** Of the first admin. */
  readonly token: string;
}

const PROGRAM = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const START_MS = 60_000;

/** Starts a server and waits until it serves; the teardown ends it. */
export async function startAttackedServer(
  t: Teardown,
  { databaseUrl, dataDirectory }: ServerPlace,
  settings: NodeSettings,
): Promise<AttackedServer> {
  const address = `127.0.0.1:${await freePort()}`;
  const logFile = join(dataDirectory, "..", "server.log");
  const log = await open(logFile, "w");
  const env = {
    PATH: process.env["PATH"],
    DATABASE_URL: databaseUrl,
    LICENSE_DATA_DIR: dataDirectory,
    LICENSE_LISTEN: address,
    LICENSE_PLAINTEXT: "on",
    LICENSE_METRICS_LISTEN: "off",
    ...settings,
  };
  const child = spawn(process.execPath, [PROGRAM, "--development"], {
    env,
    stdio: ["ignore", log.fd, log.fd],
  });
  const exit = once(child, "exit");
  t.teardown(async () => {
    child.kill("SIGKILL");
    await exit;
    await log.close();
  });
  const caller = openCaller(t, { address, token: "none" });
  const giveUpAt = performance.now() + START_MS;
  while (!(await caller.isServing().catch(() => false))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      throw new Error(`the server does not serve: ${(await readFile(logFile, "utf8")).slice(-2_000)}`);
    }
    await delay(100);
  }
  const token = (await readFile(join(dataDirectory, "admin-token"), "utf8")).trim();
  return { address, pid: child.pid ?? 0, token };
}
