/** Launches servers and waits for the first SERVING, as a load balancer would see it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import {
  HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "@license-service/contract/health";
import type { Teardown } from "../../helpers/rpc-service.ts";

/** How often the port is tried, in ms: as fine as the figures are. */
const TRY_EVERY_MS = 2;
const GIVE_UP_AFTER_MS = 60_000;

/** A process that was launched. */
export interface Launched {
  readonly pid: number;
  /** From the launch to the first SERVING. */
  readonly tookMs: number;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/**
 * Launches a command that serves health on `port`; it may replace itself by another program, but not fork.
 *
 * @throws Error, with what it wrote, if it ends before or does not serve within a minute.
 */
export async function launch(
  t: Teardown,
  [program = "", ...argv]: readonly string[],
  { env, port }: { env: Readonly<Record<string, string>>; port: number },
): Promise<Launched> {
  const launchedAt = performance.now();
  const child = spawn(program, argv, {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const closed = once(child, "close");
  const end = async (signal: "SIGKILL" | "SIGTERM") => {
    child.kill(signal);
    await closed;
  };
  t.teardown(() => end("SIGKILL"));
  const isWaiting = () => {
    if (hasEnded(child)) throw new Error(`the program ended before it served: ${output}`);
    return performance.now() - launchedAt < GIVE_UP_AFTER_MS;
  };
  while (isWaiting() && !(await accepts(port))) await delay(TRY_EVERY_MS);
  while (isWaiting() && !(await isServing(port))) await delay(TRY_EVERY_MS);
  const tookMs = performance.now() - launchedAt;
  if (tookMs >= GIVE_UP_AFTER_MS) throw new Error(`the program did not serve: ${output}`);
  return { pid: child.pid ?? 0, tookMs, end };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  }).finally(() => socket.destroy());
}

async function isServing(port: number): Promise<boolean> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = HealthService.check;
  try {
    return await new Promise<boolean>((resolve) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { service: "" },
        (error, answer) => {
          resolve(error === null && answer?.status === ServingStatus.SERVING);
        },
      );
    });
  } finally {
    client.close();
  }
}
