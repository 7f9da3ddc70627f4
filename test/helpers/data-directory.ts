import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseAccount } from "../../src/store/embedded/account.ts";
import { canReach } from "../../src/store/embedded/reach.ts";

/** A place for one service of a test, where an embedded PostgreSQL runs under root as well. */
export interface TestDataDirectory {
  /** Holds the two others; free for more. */
  readonly workspace: string;
  /** Path for `openDataDirectory`; nothing is there yet. */
  readonly path: string;
  /** Path for the option `homesDirectory` of `startEmbeddedPostgres`. */
  readonly homesDirectory: string;
  /** Removes everything. Stop the service first. */
  remove(): Promise<void>;
}

/** Makes a workspace below the temporary directory that the account of PostgreSQL can pass through. */
export async function makeTestDataDirectory(): Promise<TestDataDirectory> {
  const parent = (await canReach(tmpdir(), await chooseAccount())) ? tmpdir() : "/tmp";
  const workspace = await mkdtemp(join(parent, "license-data-"));
  await chmod(workspace, 0o711);
  return {
    workspace,
    path: join(workspace, "data"),
    homesDirectory: join(workspace, "homes"),
    remove: () => rm(workspace, { recursive: true, force: true, maxRetries: 5 }),
  };
}
