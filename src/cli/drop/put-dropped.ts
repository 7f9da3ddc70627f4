/** Puts a file into the drop folder so that the server finds it whole, as its own, or not at all. */
import { randomUUID } from "node:crypto";
import { lchown, link, lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";
import { makeDropFolder } from "../../licensing/drop-folder.ts";
import { freeName } from "../../licensing/free-name.ts";
import { syncDirectory, writeFileDurably } from "../../platform/durable-file.ts";
import { fileProblem } from "../../platform/file-problem.ts";
import { CliError, usageError } from "../cli-error.ts";

/**
 * Writes a file (0600) into the drop folder of a data directory. A name that is taken gets a number. Root
 * gives file and folder to the owner of the data directory: the account that the server runs as.
 *
 * @returns the path of the file.
 * @throws CliError of kind usage: the folder cannot be written, or is not what it seems.
 */
export async function putDropped(directory: string, name: string, bytes: Uint8Array): Promise<string> {
  try {
    const folder = await openFolder(directory);
    const temporary = join(folder, `.${randomUUID()}.tmp`);
    await writeFileDurably(temporary, bytes, 0o600);
    try {
      await giveToOwnerOf(directory, temporary);
      return await linkFree(temporary, folder, name);
    } finally {
      await rm(temporary, { force: true });
      await syncDirectory(folder);
    }
  } catch (error) {
    throw error instanceof CliError ? error : unwritable(directory, error);
  }
}

async function openFolder(directory: string): Promise<string> {
  const folder = await makeDropFolder(directory);
  const [stats, parent] = await Promise.all([lstat(folder), lstat(directory)]);
  // Whoever owns the data directory could lead root to write elsewhere.
  if (!stats.isDirectory()) {
    throw usageError(
      `${folder} is not a directory.`,
      "Take it away; licensectl and the server make it anew.",
    );
  }
  if (stats.uid !== parent.uid) await giveToOwnerOf(directory, folder);
  return folder;
}

/** Only root can give files away; everybody else writes as the account that the server runs as. */
async function giveToOwnerOf(directory: string, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await lstat(directory);
  await lchown(path, uid, gid);
}

/** A link never replaces a file, whoever drops another of this name at the same time. */
async function linkFree(temporary: string, folder: string, name: string): Promise<string> {
  const taken = new Set<string>();
  for (;;) {
    const candidate = freeName(name, (wanted) => taken.has(wanted));
    const path = join(folder, candidate);
    try {
      await link(temporary, path);
      return path;
    } catch (error) {
      if (!isErrorWithCode(error, "EEXIST")) throw error;
      taken.add(candidate);
    }
  }
}

function unwritable(directory: string, error: unknown): CliError {
  return new CliError("usage", `The drop folder of ${directory} cannot be written: ${fileProblem(error)}.`, {
    reason: "USAGE",
    meaning: "Nothing was put into it.",
    remedy: "Run licensectl as the account of the server, or as root, where there is room on the disk.",
    cause: error,
  });
}
