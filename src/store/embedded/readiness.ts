/** Waits until a postmaster serves, and proves that what answers at the socket is that postmaster. */
import { setTimeout as delay } from "node:timers/promises";
import { withClient } from "./connection.ts";
import { readLockFile } from "./lock-file.ts";
import type { ClusterPlace } from "./place.ts";
import type { Postmaster } from "./postmaster.ts";

/** What became of a postmaster that one waits for. */
export type Readiness =
  | { readonly state: "ready"; readonly socketDirectory: string }
  | { readonly state: "exited" }
  | { readonly state: "refused"; readonly why: string };

/** Recovery after a power cut reads the whole write-ahead log since the last checkpoint. */
const READY_TIMEOUT_MS = 300_000;
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 200;

/** Not there yet; starting up, recovering or shutting down; busy with the connections of a killed service. */
const NOT_YET = new Set(["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE", "EAGAIN", "57P03", "53300"]);
const LOGIN_REFUSED = new Set(["28P01", "28000"]);

/**
 * Connects again and again, with growing pauses, until the postmaster answers, refuses, or is gone.
 *
 * @param urlIn connection string for a socket directory.
 */
export async function awaitReady(
  place: ClusterPlace,
  postmaster: Postmaster,
  urlIn: (socketDirectory: string) => string,
): Promise<Readiness> {
  const watch = new AbortController();
  const exit = postmaster.exited(watch.signal).then((): Readiness => ({ state: "exited" }));
  try {
    return await Promise.race([exit, connectRepeatedly(place, postmaster, urlIn, watch.signal)]);
  } finally {
    watch.abort();
  }
}

async function connectRepeatedly(
  place: ClusterPlace,
  postmaster: Postmaster,
  urlIn: (socketDirectory: string) => string,
  signal: AbortSignal,
): Promise<Readiness> {
  const giveUpAt = performance.now() + READY_TIMEOUT_MS;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted && performance.now() < giveUpAt) {
    const lock = await readLockFile(place.clusterDirectory);
    const socketDirectory = lock?.socketDirectory ?? place.socketDirectory;
    const answer = await tryOnce(postmaster.pid, socketDirectory, urlIn(socketDirectory));
    if (answer !== undefined) return answer;
    await delay(pauseMs);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
  return { state: "refused", why: "it does not answer at its socket" };
}

/** `undefined`: ask again. */
async function tryOnce(pid: number, socketDirectory: string, url: string): Promise<Readiness | undefined> {
  try {
    const holder = await withClient(url, async (client) => {
      const { rows } = await client.query<{ lock: string }>("SELECT pg_read_file('postmaster.pid') AS lock");
      return Number.parseInt(rows[0]?.lock ?? "", 10);
    });
    if (holder === pid) return { state: "ready", socketDirectory };
    return { state: "refused", why: `process ${holder} answers at its socket` };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (LOGIN_REFUSED.has(code)) return { state: "refused", why: "it does not know our secret" };
    if (NOT_YET.has(code) || wasCut(error)) return undefined;
    return {
      state: "refused",
      why: error instanceof Error ? error.message.slice(0, 120) : "it cannot be asked",
    };
  }
}

/** pg has no code for a server that hangs up in the middle of the greeting. */
function wasCut(error: unknown): boolean {
  return error instanceof Error && /terminated|timeout/i.test(error.message);
}
