/** Nodes of one platform, within the process of the test, and licensectl run beside them by the same environment. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { type Clock, createClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { type RunningService, startService } from "../../../src/start/start-service.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { type RunResult, runCli } from "../../unit/cli/_capture.ts";

/** Settings of one node, as in the environment of its server. */
export type NodeEnvironment = Readonly<Record<string, string>>;

/** A place for a platform: one database, and data directories for its nodes. */
export interface PlatformPlace {
  readonly databaseUrl: string;
  /** Free for more files. */
  readonly workspace: string;
  /** Settings of the node of this name; its data directory is not there yet. */
  environment(name: string): NodeEnvironment;
}

/** Makes a place; it goes with the test. */
export async function makePlatformPlace(t: Teardown): Promise<PlatformPlace> {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const { workspace, remove } = await makeTestDataDirectory();
  t.teardown(remove);
  const nodes = join(workspace, "nodes");
  await mkdir(nodes);
  return {
    databaseUrl: database.url,
    workspace,
    environment: (name) => ({
      DATABASE_URL: database.url,
      LICENSE_DATA_DIR: join(nodes, name),
      LICENSE_NODE_NAME: name,
      LICENSE_LISTEN: "127.0.0.1:0",
      LICENSE_PLAINTEXT: "on",
      LICENSE_METRICS_LISTEN: "off",
    }),
  };
}

/** Starts a node in production mode; the test's teardown stops it, if the test has not. */
export async function startNode(
  t: Teardown,
  env: NodeEnvironment,
  clock: Clock = createClock(),
): Promise<RunningService> {
  const command = loadConfig(env, [], { hostName: "test", isTerminal: false, workingDirectory: "/" });
  if (command.kind !== "run") throw new Error("these settings start nothing");
  const service = await startService(command.config, { log: pino({ level: "silent" }), clock });
  t.teardown(() => service.stop());
  return service;
}

/** A check as `--json` prints it. */
export interface ShownCheck {
  readonly check: string;
  readonly outcome: "ok" | "warn" | "fail" | "skip";
  readonly seen: string;
  readonly remedy?: string;
}

/** What a command that checks printed with --json. */
export interface CheckRun extends RunResult {
  /** The check of this name. */
  find(check: string): ShownCheck;
  /** "check: outcome", without those that are ok. */
  readonly notOk: readonly string[];
}

/** Runs a command that checks, with --json, in the environment of a node. */
export async function runChecked(args: readonly string[], env: NodeEnvironment): Promise<CheckRun> {
  const result = await runCli([...args, "--json"], { env });
  if (result.stdout === "") throw new Error(result.stderr);
  const { checks }: { checks: readonly ShownCheck[] } = JSON.parse(result.stdout);
  return {
    ...result,
    find(name) {
      const found = checks.find(({ check }) => check === name);
      if (found === undefined) throw new Error(`no check ${name} in ${result.stdout}`);
      return found;
    },
    notOk: checks.flatMap(({ check, outcome }) => (outcome === "ok" ? [] : `${check}: ${outcome}`)),
  };
}
