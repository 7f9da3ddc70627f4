/** The life of a postmaster process: spawned or adopted, ready, stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { StartupError } from "../../errors.ts";
import { PROGRAM_ENVIRONMENT } from "./binaries.ts";
import { openLog } from "./log-file.ts";
import type { ClusterPlace } from "./place.ts";
import { isPostmasterOf, isProcessRunning } from "./process.ts";

const STOP_TIMEOUT_MS = 60_000;
const EXIT_POLL_MS = 20;

/** A running postmaster. */
export interface Postmaster {
  readonly pid: number;
  /** Tells whether the process is there, and is still this postmaster: numbers are given out again. */
  isRunning(): Promise<boolean>;
  /**
   * Resolves once the process is gone, or when the signal ends the watch.
   *
   * @param pollMs how often to look where the end is no event. Default: 20.
   */
  exited(signal: AbortSignal, pollMs?: number): Promise<void>;
}

/** A postmaster that was just started. */
export interface SpawnedPostmaster {
  readonly postmaster: Postmaster;
  /** First byte of its log that belongs to this start. */
  readonly logStartsAtByte: number;
}

/** Settings of PostgreSQL by name, as for `-c name=value`. */
export type Settings = Readonly<Record<string, string>>;

/** What every cluster of ours runs with: no network, and a log without data of requests. */
function baseSettings(place: ClusterPlace): Settings {
  return {
    listen_addresses: "",
    port: "5432",
    unix_socket_directories: `"${place.socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    max_connections: "100",
    timezone: "UTC",
    log_timezone: "UTC",
    log_destination: "stderr",
    logging_collector: "off",
    log_checkpoints: "off",
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
  };
}

/**
 * Starts a postmaster in a session of its own, so that Ctrl-C at the terminal reaches the service only, which
 * then stops PostgreSQL in order.
 */
export async function spawnPostmaster(place: ClusterPlace, settings: Settings): Promise<SpawnedPostmaster> {
  const log = await openLog(place.logFile);
  try {
    const options = Object.entries({ ...baseSettings(place), ...settings }).map(([k, v]) => `--${k}=${v}`);
    const child = spawn(place.binaries.postgres, ["-D", place.clusterDirectory, ...options], {
      ...place.account,
      cwd: "/",
      env: PROGRAM_ENVIRONMENT,
      detached: true,
      stdio: ["ignore", log.handle.fd, log.handle.fd],
    });
    await once(child, "spawn");
    child.unref();
    return { postmaster: watchChild(child), logStartsAtByte: log.startsAtByte };
  } finally {
    await log.handle.close();
  }
}

function watchChild(child: ChildProcess): Postmaster {
  const { pid } = child;
  if (pid === undefined) throw new Error("a process was started and has no id");
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const isRunning = async () => child.exitCode === null && child.signalCode === null;
  const exited = (signal: AbortSignal) => {
    const { promise: unwatched, resolve } = Promise.withResolvers<void>();
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
    return Promise.race([exit, unwatched]);
  };
  return { pid, isRunning, exited };
}

/** Takes over a postmaster that outlived its service. */
export function adoptPostmaster(place: ClusterPlace, pid: number): Postmaster {
  const isRunning = async () =>
    (await isProcessRunning(pid)) && (await isPostmasterOf(pid, place.clusterDirectory));
  // Of a process that is no child of ours, the end is no event: one has to ask.
  const exited = async (signal: AbortSignal, pollMs = EXIT_POLL_MS) => {
    while (!signal.aborted && (await isRunning())) {
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
    }
  };
  return { pid, isRunning, exited };
}

/**
 * Stops a postmaster in order: open transactions are rolled back, everything is written out. Should that take
 * longer than a minute, it is stopped at once; the next start then recovers from its log.
 *
 * @throws StartupError embeddedDatabase, if it does not end even so.
 */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    if (!(await postmaster.isRunning())) return;
    process.kill(postmaster.pid, signal);
    if (await exitsWithin(postmaster, STOP_TIMEOUT_MS)) return;
  }
  throw new StartupError("embeddedDatabase", `PostgreSQL process ${postmaster.pid} does not stop`);
}

/** Waits for the end of the process, at most for the given time; tells whether it came. */
async function exitsWithin(postmaster: Postmaster, timeoutMs: number): Promise<boolean> {
  const stop = new AbortController();
  const timer = delay(timeoutMs, false, { signal: stop.signal }).catch(() => false);
  const exit = postmaster.exited(stop.signal).then(() => true);
  try {
    return await Promise.race([timer, exit]);
  } finally {
    stop.abort();
  }
}
