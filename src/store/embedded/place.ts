/** Where the parts of one cluster lie. */
import { chmod, chown, lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { shownPath } from "../../platform/shown-path.ts";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";

/** Name of the socket in its directory; PostgreSQL adds a lock file with the suffix `.lock`. */
export const SOCKET_NAME = ".s.PGSQL.5432";

/** The parts of one cluster: programs, files and account. */
export interface ClusterPlace {
  /** Directory that holds everything of this cluster, owned by the account of the service. */
  readonly home: string;
  /** PGDATA; it exists only once it is whole. */
  readonly clusterDirectory: string;
  /** Directory of the Unix socket, for the account of PostgreSQL alone. */
  readonly socketDirectory: string;
  /** What PostgreSQL itself has to say. */
  readonly logFile: string;
  readonly binaries: Binaries;
  /** `undefined`: the account of this process. */
  readonly account: Account | undefined;
}

/** The usual arrangement of a cluster in its home. */
export function placeIn(
  home: string,
  binaries: Binaries,
  account: Account | undefined,
  socketDirectory = join(home, "socket"),
): ClusterPlace {
  return {
    home,
    clusterDirectory: join(home, "cluster"),
    socketDirectory,
    logFile: join(home, "postgresql.log"),
    binaries,
    account,
  };
}

/** Makes a directory that only the given account enters; one that is there already has to be like that. */
export async function makePrivateDirectory(path: string, account: Account | undefined): Promise<void> {
  const isNew = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );
  const owner = account?.uid ?? process.getuid?.();
  if (isNew) {
    await chmod(path, 0o700);
    if (account !== undefined) await chown(path, account.uid, account.gid);
    return;
  }
  const entry = await lstat(path);
  if (!entry.isDirectory() || entry.uid !== owner || (entry.mode & 0o077) !== 0) {
    throw new Error(`${shownPath(path)} is not a directory that only account ${owner} can enter`);
  }
}

/** Tells whether something lies at a path, be it a link to nowhere. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
