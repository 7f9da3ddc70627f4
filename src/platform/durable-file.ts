import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file so that after a crash or power cut its reader finds the old content or the new one,
 * whole, and never a mixture: temporary file, fsync, rename, fsync of the directory.
 *
 * @param path the file; its directory exists. An existing file is replaced.
 * @param content text (UTF-8) or bytes.
 * @param mode permission bits of the file, whatever the umask says. Default: 0600.
 * @throws the error of the file system (`NodeJS.ErrnoException`).
 */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeSynced(temporary, content, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * As {@link writeFileDurably}, and never replaces a file.
 *
 * @throws the error of the file system; code `EEXIST`: the file is there already.
 */
export async function createFileDurably(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`;
  await writeFileDurably(temporary, content, mode);
  try {
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await syncDirectory(dirname(path));
}

/** Makes renames, creations and removals inside a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  await syncAndClose(handle);
}

async function writeSynced(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const handle = await open(path, "wx", mode);
  try {
    await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncAndClose(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
