import { randomUUID } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { access, chmod, mkdir, readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StartupError } from "../errors.ts";
import { writeFileDurably } from "./durable-file.ts";
import { fileProblem } from "./file-problem.ts";
import { shownPath } from "./shown-path.ts";

/** The directory of one service process, locked for it. */
export interface DataDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** UUID of this management node, made once. */
  readonly nodeId: string;
  /** Gives up the lock; a second call does nothing. */
  close(): void;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SQLITE_BUSY = 5;

/** A lock that nobody refers to would be given up by the garbage collector. */
const heldLocks = new Set<DatabaseSync>();

/** By any of these a data directory is known; the key is all that a further node has before its first start. */
const OUR_FILES = new Set(["lock.db", "node-id", "platform-key.pem"]);

/**
 * Opens the data directory for this process alone: makes it if it is missing, closes it to other accounts
 * (0700), locks it, and reads or makes the node id.
 *
 * The lock is the operating system's and ends with the process, even by `kill -9`.
 *
 * @throws StartupError dataDirectoryInUse, if another process has it.
 * @throws StartupError dataDirectory, if it cannot be made, read or written.
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const directory = await makeDirectory(path);
  const lock = takeLock(directory);
  try {
    const nodeId = await loadOrCreateNodeId(directory);
    return { path: directory, nodeId, close: () => giveUp(lock) };
  } catch (error) {
    giveUp(lock);
    throw error;
  }
}

/**
 * Runs work that reads or writes files of a data directory.
 *
 * @throws StartupError dataDirectory for every error of the file system; other errors as they are.
 */
export async function inDataDirectory<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfFileSystem = error instanceof Error && "code" in error && "syscall" in error;
    throw isOfFileSystem ? unusable(directory, error) : error;
  }
}

function giveUp(lock: DatabaseSync): void {
  if (heldLocks.delete(lock)) lock.close();
}

async function makeDirectory(path: string): Promise<string> {
  try {
    await makeWithParents(resolve(path));
    const directory = await realpath(path);
    // Asked first: SQLite takes what may only be read, and locks nothing.
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (((await stat(directory)).mode & 0o777) !== 0o700) await closeToOthers(directory);
    return directory;
  } catch (error) {
    throw error instanceof StartupError ? error : unusable(path, error);
  }
}

/** By hand: where a file system refuses new directories (/proc), a recursive `mkdir` of Node.js never returns. */
async function makeWithParents(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
    if (code !== "ENOENT" || (await exists(dirname(path)))) throw error;
    await makeWithParents(dirname(path));
    await makeWithParents(path);
  }
}

/** Private keys and secrets will lie in it. But a slip of the pen must not lock everybody out of /tmp. */
async function closeToOthers(directory: string): Promise<void> {
  const names = await readdir(directory);
  if (names.length > 0 && !names.some((name) => OUR_FILES.has(name))) {
    throw new StartupError(
      "dataDirectory",
      `${shownPath(directory)} is open to other accounts and holds files that are not the service's: name an empty directory`,
    );
  }
  await chmod(directory, 0o700);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/**
 * An exclusive transaction that is never ended, on a database that is never written: of all that Node.js
 * offers, the one lock that the operating system itself gives up.
 */
function takeLock(directory: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    const path = join(directory, "lock.db");
    database = new DatabaseSync(path);
    accessSync(path, constants.R_OK | constants.W_OK);
    // A journal in memory: nothing is written, so that a full disk keeps no service from starting.
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    heldLocks.add(database);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new StartupError(
        "dataDirectoryInUse",
        `another process serves from the data directory ${shownPath(directory)}: stop it, or use another directory`,
        { cause: error },
      );
    }
    throw unusable(directory, error);
  }
}

async function loadOrCreateNodeId(directory: string): Promise<string> {
  const path = join(directory, "node-id");
  try {
    const known = await readFile(path, "utf8").catch(ignoreMissing);
    if (known === undefined) return await createNodeId(path);
    if (UUID.test(known.trim())) return known.trim();
  } catch (error) {
    throw unusable(directory, error);
  }
  throw new StartupError(
    "dataDirectory",
    `${shownPath(path)} does not hold a node id: restore it, or remove it`,
  );
}

async function createNodeId(path: string): Promise<string> {
  const nodeId = randomUUID();
  await writeFileDurably(path, `${nodeId}\n`, 0o600);
  return nodeId;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}

function unusable(path: string, cause: unknown): StartupError {
  // Its parents were made before: what is still missing cannot be made.
  const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
  const why = isMissing ? "its file system takes no new directories" : fileProblem(cause);
  return new StartupError("dataDirectory", `the data directory ${shownPath(path)} cannot be used: ${why}`, {
    cause,
  });
}
