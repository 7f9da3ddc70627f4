/** Looks at the cluster of a data directory from outside: starts nothing, takes nothing over, writes nothing. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clusterUrl, SERVICE_DATABASE } from "./connection.ts";
import { SECRET_FILE } from "./embedded-postgres.ts";
import { readHome } from "./homes.ts";
import { readLockFile } from "./lock-file.ts";
import { isThere } from "./place.ts";
import { isPostmasterOf, isProcessRunning } from "./process.ts";

/** What became of the PostgreSQL of a data directory. */
export type FoundCluster =
  | { readonly state: "none" }
  /** The data directory remembers a place that is not there. */
  | { readonly state: "lost"; readonly directory: string }
  | { readonly state: "stopped"; readonly directory: string }
  | {
      readonly state: "running";
      readonly directory: string;
      /** Process id of the postmaster. */
      readonly pid: number;
      /** Connection string of the service's database. It holds a secret: never log it. */
      readonly url: string;
    };

/** Finds the cluster of a data directory. @throws the error of the file system where something cannot be read. */
export async function findCluster(dataDirectory: string): Promise<FoundCluster> {
  const remembered = await readHome(dataDirectory);
  if (remembered !== undefined && !(await isThere(remembered)))
    return { state: "lost", directory: remembered };
  const directory = join(remembered ?? join(dataDirectory, "postgresql"), "cluster");
  if (!(await isThere(directory))) return { state: "none" };
  const lock = await readLockFile(directory);
  if (lock?.socketDirectory === undefined) return { state: "stopped", directory };
  const { pid, socketDirectory } = lock;
  const isOurs = (await isProcessRunning(pid)) && (await isPostmasterOf(pid, directory));
  if (!isOurs) return { state: "stopped", directory };
  const secret = (await readFile(join(dataDirectory, SECRET_FILE), "utf8")).trim();
  return { state: "running", directory, pid, url: clusterUrl(socketDirectory, secret, SERVICE_DATABASE) };
}
