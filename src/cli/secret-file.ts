import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { syncDirectory } from "../platform/durable-file.ts";
import { usageError } from "./cli-error.ts";

/** A new, empty file, readable by this account alone, that waits for its secret. */
export interface ReservedFile {
  /** Writes the secret; it survives a power cut. Rejects with the error of the file system. */
  write(secret: string): Promise<void>;
  /** Removes the file again. */
  discard(): Promise<void>;
}

/** Makes the file (0600). What is there already is never overwritten. @throws CliError of kind usage. */
export async function reserveSecretFile(option: string, path: string): Promise<ReservedFile> {
  const handle = await create(option, path);
  return {
    async write(secret) {
      await writeAndClose(handle, secret);
      await syncDirectory(dirname(path));
    },
    async discard() {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

async function create(option: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, "wx", 0o600);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "EEXIST")
      throw usageError(`${option}: ${path} exists already.`, "Name a file that does not exist.");
    throw usageError(`${option}: ${path} cannot be written: ${code}.`);
  }
}

async function writeAndClose(handle: FileHandle, secret: string): Promise<void> {
  try {
    await handle.chmod(0o600);
    await handle.writeFile(secret);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
