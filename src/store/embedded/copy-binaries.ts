/** A copy of PostgreSQL's programs for an account that cannot reach the ones that npm installed. */
import { randomUUID } from "node:crypto";
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../../platform/durable-file.ts";
import { shownPath } from "../../platform/shown-path.ts";
import { type Binaries, binariesIn } from "./binaries.ts";
import { isThere } from "./place.ts";

/** For linking programs, not for running them. */
const NEEDLESS = /\.a$|^pkgconfig$/;

/**
 * Copies the programs into `<parent>/postgresql-<version>`, in one step by a rename, or takes the copy that is
 * there. The copy belongs to this process's account; others may read and run it, and not change it.
 *
 * @param parent an existing directory that only this account can change.
 */
export async function copyBinaries(binaries: Binaries, parent: string): Promise<Binaries> {
  const root = join(parent, `postgresql-${binaries.version}`);
  if (!(await isThere(root))) await makeCopy(binaries.root, parent, root);
  await refuseForeignHands(root);
  return binariesIn(root, binaries.version);
}

async function makeCopy(source: string, parent: string, root: string): Promise<void> {
  const staging = join(parent, `copy.${randomUUID()}`);
  try {
    await copyTree(source, staging);
    await rename(staging, root);
    await syncDirectory(parent);
  } catch (error) {
    // A rival's copy is as good as ours.
    if (!(await isThere(root))) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** With modes of its own, since the source may have been installed under a umask that shuts others out. */
async function copyTree(source: string, target: string): Promise<void> {
  await mkdir(target);
  await chmod(target, 0o755);
  const entries = await readdir(source, { withFileTypes: true });
  for (const entry of entries.filter(({ name }) => !NEEDLESS.test(name))) {
    const from = join(source, entry.name);
    const to = join(target, entry.name);
    if (entry.isDirectory()) await copyTree(from, to);
    else if (entry.isSymbolicLink()) await symlink(await readlink(from), to);
    else await copyPlainFile(from, to);
  }
  await syncDirectory(target);
}

async function copyPlainFile(source: string, target: string): Promise<void> {
  const { mode } = await lstat(source);
  await copyFile(source, target);
  await chmod(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
  const handle = await open(target, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whoever can change a program or swap it runs code as our database. */
async function refuseForeignHands(root: string): Promise<void> {
  for (const path of [root, join(root, "bin"), join(root, "lib"), join(root, "bin", "postgres")]) {
    const { uid, mode } = await lstat(path);
    const isOurs = uid === process.getuid?.() && (mode & 0o022) === 0 && (mode & 0o170000) !== 0o120000;
    if (!isOurs) throw new Error(`${shownPath(path)} can be changed by others than its user: remove it`);
  }
}
