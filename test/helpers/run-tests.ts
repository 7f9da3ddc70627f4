/**
 * Runs AVA with a database: starts one PostgreSQL cluster in a temporary directory, migrates one template in it,
 * and stops and removes it whatever comes of the tests. Arguments go to AVA.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ensureDatabase, MAINTENANCE_DATABASE } from "../../src/store/embedded/connection.ts";
import { migrate } from "../../src/store/migrate.ts";
import { TEMPLATE_DATABASE } from "./database.ts";
import { startTemporaryCluster, type TemporaryCluster } from "./temporary-cluster.ts";

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const interruption = watchSignals();
  const cluster = await startTemporaryCluster();
  try {
    if (interruption.code() !== undefined) return interruption.code() ?? 1;
    await makeTemplate(cluster);
    const ava = runAva(args, cluster);
    interruption.passTo(ava);
    const [code] = await once(ava, "exit");
    return interruption.code() ?? code ?? 1;
  } finally {
    await cluster.remove();
  }
}

async function makeTemplate(cluster: TemporaryCluster): Promise<void> {
  await ensureDatabase(cluster.url(MAINTENANCE_DATABASE), TEMPLATE_DATABASE);
  await migrate(cluster.url(TEMPLATE_DATABASE));
}

function runAva(args: readonly string[], cluster: TemporaryCluster): ChildProcess {
  // AVA exports no program, but it lies beside what AVA exports.
  const program = fileURLToPath(new URL("cli.js", import.meta.resolve("ava")));
  return spawn(process.execPath, [program, ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      TEST_DATABASE_URL: cluster.url(MAINTENANCE_DATABASE),
      // What an interrupted test leaves behind goes as well.
      TMPDIR: cluster.temporaryDirectory,
    },
  });
}

/** From now on a signal ends the tests, not this process: it still has a cluster to stop. */
function watchSignals() {
  let received: { readonly signal: NodeJS.Signals; readonly exitCode: number } | undefined;
  let child: ChildProcess | undefined;
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const) {
    process.on(signal, () => {
      received = { signal, exitCode };
      child?.kill(signal);
    });
  }
  return {
    code: (): number | undefined => received?.exitCode,
    passTo: (process: ChildProcess): void => {
      child = process;
      if (received !== undefined) child.kill(received.signal);
    },
  };
}
