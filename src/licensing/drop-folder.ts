/**
 * The drop folder of a data directory: license files that somebody put there for the server to take (ZL-6). A
 * file in it is as hostile as an upload: it is read once, through one handle, and never by a link.
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Refusal } from "../domain/refusal.ts";
import { isErrorWithCode } from "../license-file/private-key-file.ts";
import { refuse } from "../license-file/refusals.ts";
import { tooLarge } from "../license-file/tar-reader.ts";
import { syncDirectory, writeFileDurably } from "../platform/durable-file.ts";
import { fileProblem } from "../platform/file-problem.ts";
import { freeName } from "./free-name.ts";

/** Name of the folder in the data directory. */
export const DROP_FOLDER = "drop";

/** Folders within it, for the files that were taken. */
const INSTALLED_FOLDER = "installed";
const REFUSED_FOLDER = "refused";

/** What was read of a dropped file. */
export type DroppedBytes =
  | { readonly kind: "read"; readonly bytes: Buffer }
  /** It can be no license, whatever it holds. */
  | { readonly kind: "unfit"; readonly refusal: Refusal }
  /** It may be one once somebody has done what the refusal says; it stays where it is. */
  | { readonly kind: "unreadable"; readonly refusal: Refusal }
  /** Somebody took it away meanwhile. */
  | { readonly kind: "gone" };

/** Makes the drop folder of a data directory, unless it is there. @throws the error of the file system. */
export async function makeDropFolder(dataDirectory: string): Promise<string> {
  const folder = join(dataDirectory, DROP_FOLDER);
  await makeFolder(folder);
  return folder;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    if (!isErrorWithCode(error, "EEXIST")) throw error;
  });
}

/**
 * Names of what waits in a drop folder, in the order in which it is taken. Hidden files, unfinished ones
 * (`*.tmp`) and directories do not count. No folder: nothing waits.
 *
 * @throws the error of the file system when the folder cannot be read.
 */
export async function listDropped(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isErrorWithCode(error, "ENOENT")) return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isDirectory() && mayWait(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Whether the server takes a file of this name from the drop folder. */
export function mayWait(name: string): boolean {
  return !name.startsWith(".") && !name.endsWith(".tmp");
}

/** Reads a dropped file. Never throws, and never waits for what is no plain file. @param maxBytes of a package */
export async function readDropped(folder: string, name: string, maxBytes: number): Promise<DroppedBytes> {
  let handle: FileHandle | undefined;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    handle = await open(join(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    return await readPlainFile(handle, maxBytes);
  } catch (error) {
    if (isErrorWithCode(error, "ENOENT")) return { kind: "gone" };
    // A symbolic link, or a socket.
    if (isErrorWithCode(error, "ELOOP") || isErrorWithCode(error, "ENXIO")) return NO_PLAIN_FILE;
    return { kind: "unreadable", refusal: unreadable(error) };
  } finally {
    await handle?.close();
  }
}

async function readPlainFile(handle: FileHandle, maxBytes: number): Promise<DroppedBytes> {
  const stats = await handle.stat();
  if (!stats.isFile()) return NO_PLAIN_FILE;
  if (stats.size > maxBytes) {
    const refusal = tooLarge(`it has ${stats.size} bytes, and at most ${maxBytes} are allowed`);
    return { kind: "unfit", refusal };
  }
  // One byte more than it had: a file that grows meanwhile is refused with its package, by its size.
  const buffer = Buffer.alloc(stats.size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
    length += bytesRead;
    if (bytesRead === 0 || length === buffer.length) break;
  }
  return { kind: "read", bytes: buffer.subarray(0, length) };
}

const NO_PLAIN_FILE: DroppedBytes = {
  kind: "unfit",
  refusal: refuse(
    "NOT_A_LICENSE",
    "It is no plain file. Put the license itself into the drop folder, no link to it.",
  ),
};

function unreadable(error: unknown): Refusal {
  return refuse(
    "NOT_A_LICENSE",
    `The server cannot read the file: ${fileProblem(error)}. It stays in the drop folder; give it to the account of the server (licensectl drop does), and reload again.`,
  );
}

/** Moves a file whose licenses are installed out of the way. @throws the error of the file system. */
export async function moveInstalled(folder: string, name: string): Promise<void> {
  await moveTo(folder, INSTALLED_FOLDER, name);
}

/**
 * Moves a file that was refused out of the way, and writes the reasons beside it: `<file>.txt`.
 *
 * @throws the error of the file system.
 */
export async function moveRefused(folder: string, name: string, reasons: string): Promise<void> {
  const moved = await moveTo(folder, REFUSED_FOLDER, name);
  await writeFileDurably(`${moved}.txt`, reasons);
}

async function moveTo(folder: string, subfolder: string, name: string): Promise<string> {
  const target = join(folder, subfolder);
  await makeFolder(target);
  const taken = new Set(await readdir(target));
  const path = join(
    target,
    freeName(name, (candidate) => taken.has(candidate) || taken.has(`${candidate}.txt`)),
  );
  await rename(join(folder, name), path);
  await syncDirectory(target);
  await syncDirectory(folder);
  return path;
}
