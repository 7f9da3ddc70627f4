/** `postmaster.pid`: who holds a cluster, and whether that is still true. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ClusterPlace, SOCKET_NAME } from "./place.ts";
import { doesPidExist, isPostmasterOf, isProcessRunning } from "./process.ts";

/** What `postmaster.pid` says. */
export interface LockFile {
  readonly pid: number;
  /** `undefined` in the first instants of a start. */
  readonly socketDirectory: string | undefined;
}

/** Reads `postmaster.pid`; `undefined` without one, or if it holds no process id. */
export async function readLockFile(clusterDirectory: string): Promise<LockFile | undefined> {
  const text = await readFile(join(clusterDirectory, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, socketDirectory: lines[4] || undefined };
}

/**
 * The process id of the postmaster that lives on this cluster, if one does. Otherwise the way is free: a lock
 * left by a dead process is cleared as far as PostgreSQL would stumble over it.
 */
export async function findLivingPostmaster(
  place: ClusterPlace,
  log: (line: string) => void,
): Promise<number | undefined> {
  const lock = await readLockFile(place.clusterDirectory);
  if (lock !== undefined && (await holdsCluster(lock.pid, place.clusterDirectory))) return lock.pid;
  // A lock with a free number stays: PostgreSQL clears it itself, and by it looks for orphaned backends.
  const isTaken = lock === undefined || doesPidExist(lock.pid);
  if (isTaken) await removeLock(join(place.clusterDirectory, "postmaster.pid"));
  if (lock !== undefined) log(`PostgreSQL process ${lock.pid} is gone; its lock is stale and is cleared`);
  await removeLock(join(place.socketDirectory, `${SOCKET_NAME}.lock`));
  return undefined;
}

async function holdsCluster(pid: number, clusterDirectory: string): Promise<boolean> {
  return (await isProcessRunning(pid)) && (await isPostmasterOf(pid, clusterDirectory));
}

async function removeLock(path: string): Promise<void> {
  await rm(path, { force: true });
}
