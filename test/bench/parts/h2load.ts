/** Load from nghttp2's h2load, a program in C that takes little of the machine for itself. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MissingProgram } from "../bench.ts";
import { percentile } from "../report/statistics.ts";
import { canPin, LOAD_CORE } from "./pinning.ts";

const run = promisify(execFile);

/** What to call and how often. */
export interface Load {
  /** Such as "http://127.0.0.1:50051/license.v1.LicenseService/GetLicenseCapabilities". */
  readonly url: string;
  readonly token: string;
  /** Calls in all; the request of each is the empty message. */
  readonly calls: number;
  readonly connections: number;
  /** Calls that are open on one connection at a time. */
  readonly callsAtOnce: number;
  /** Calls a second over all connections. Default: as fast as it goes. */
  readonly callsPerSecond?: number;
}

/** What came of it. */
export interface LoadReport {
  readonly callsPerSecond: number;
  /** Latency of calls in ms; only of a load with `callsPerSecond`. */
  readonly latency: { readonly p50: number; readonly p99: number } | undefined;
}

/** An empty protobuf message as gRPC frames it: not compressed, length 0. */
const EMPTY_MESSAGE = Buffer.alloc(5);

/** @throws MissingProgram if h2load is not installed. */
export async function requireH2load(): Promise<void> {
  await run("h2load", ["--version"]).catch(() => {
    throw new MissingProgram(
      "h2load makes the load and is not installed: apt-get install nghttp2-client (Debian, Ubuntu), brew install nghttp2 (macOS).",
    );
  });
}

/**
 * Calls, from one thread on the load's core.
 *
 * @throws Error: a call was not answered, or not with HTTP status 200. Whether the gRPC status was OK stands in
 *   trailers that h2load does not read; count that at the server.
 */
export async function runH2load(load: Load): Promise<LoadReport> {
  const directory = await mkdtemp(join(tmpdir(), "license-bench-"));
  try {
    const [body, log] = [join(directory, "body"), join(directory, "log")];
    await writeFile(body, EMPTY_MESSAGE);
    const command = ["h2load", ...argumentsFor(load, body, log), load.url];
    if (await canPin()) command.unshift("taskset", "--cpu-list", String(LOAD_CORE));
    const [program = "", ...rest] = command;
    const { stdout } = await run(program, rest, { maxBuffer: 2 ** 24 });
    const latency = load.callsPerSecond === undefined ? undefined : latencyOf(await readFile(log, "utf8"));
    return { callsPerSecond: readReport(stdout, load.calls), latency };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function argumentsFor(load: Load, body: string, log: string): string[] {
  const { calls, connections, callsAtOnce, callsPerSecond, token } = load;
  const paced =
    callsPerSecond === undefined
      ? []
      : [`--rps=${Math.round(callsPerSecond / connections)}`, `--log-file=${log}`];
  return [
    `--requests=${calls}`,
    `--clients=${connections}`,
    `--max-concurrent-streams=${callsAtOnce}`,
    `--data=${body}`,
    "--header=content-type: application/grpc",
    "--header=te: trailers",
    `--header=authorization: Bearer ${token}`,
    ...paced,
  ];
}

/**
 * Calls a second by h2load's report.
 *
 * @throws Error, with what h2load wrote, unless all `calls` succeeded.
 */
export function readReport(output: string, calls: number): number {
  const requests =
    /^requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/m.exec(
      output,
    );
  const counts = requests?.slice(1).map(Number);
  const rate = Number(/^finished in [^,]+, ([\d.]+) req\/s/m.exec(output)?.[1]);
  const isWhole = counts?.every((count, index) => count === (index < 3 ? calls : 0)) ?? false;
  if (!isWhole || !(rate > 0)) throw new Error(`h2load: not all of ${calls} calls were answered:\n${output}`);
  return rate;
}

/** Percentiles of h2load's log: start in µs, status, duration in µs, by tabs. */
export function latencyOf(log: string): { p50: number; p99: number } {
  const micros = log
    .trimEnd()
    .split("\n")
    .map((line) => Number(line.split("\t")[2]))
    .sort((a, b) => a - b);
  return { p50: percentile(micros, 0.5) / 1000, p99: percentile(micros, 0.99) / 1000 };
}
