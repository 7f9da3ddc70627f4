/** The server process: reads its settings, starts the service, and ends it when asked to. */
import { hostname } from "node:os";
import { type Config, loadConfig } from "./config.ts";
import { EXIT_CODES, StartupError } from "./errors.ts";
import { helpText } from "./help.ts";
import { openLog } from "./log.ts";
import { ProcessLife } from "./process-life.ts";
import { logGrpc } from "./rpc/grpc-log.ts";
import { startService } from "./start/start-service.ts";
import { welcomeText } from "./start/welcome.ts";
import { packageVersion } from "./version.ts";

/** Runs the server until it is asked to end; a start that fails sets the exit code. */
export async function runServer(): Promise<void> {
  try {
    const machine = {
      hostName: hostname(),
      isTerminal: process.stdout.isTTY === true,
      workingDirectory: process.cwd(),
    };
    const command = loadConfig(process.env, process.argv.slice(2), machine);
    if (command.kind === "help") process.stdout.write(helpText());
    else if (command.kind === "version") process.stdout.write(`${packageVersion()}\n`);
    else await run(command.config, machine.isTerminal);
  } catch (error) {
    reportFailure(error);
  }
}

async function run(config: Config, isTerminal: boolean): Promise<void> {
  const output = await openLog({ level: config.logLevel, format: config.logFormat });
  logGrpc(output.log);
  const life = new ProcessLife(output);
  const service = await startService(config, { log: output.log });
  const { address, metricsAddress: metrics, platformId, profile } = service;
  const mode = config.isDevelopment ? "development" : "production";
  const version = packageVersion();
  output.log.info({ address, metrics, mode, profile, platformId, version }, "ready");
  if (config.isDevelopment && isTerminal) process.stdout.write(welcomeText(service));
  life.serves(service);
}

/** One line on standard error, and the exit code that belongs to it. */
function reportFailure(error: unknown): void {
  if (error instanceof StartupError) {
    process.stderr.write(`license-service: ${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`license-service: a defect: ${text}\n`);
    process.exitCode = EXIT_CODES.internal;
  }
}
