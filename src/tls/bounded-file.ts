import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { outsideText } from "../license-file/outside-text.ts";

/** A file and who may read it. */
export interface BoundedFile {
  readonly content: Buffer;
  /** Accounts beside the owner's may read or change it. */
  readonly isOpenToOthers: boolean;
}

/** Chains, bundles of authorities and lists of identities are far smaller. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Reads a small file whole.
 *
 * @throws Error whose message, a clause without the file's name, says why it cannot be read.
 */
export async function readBoundedFile(path: string): Promise<BoundedFile> {
  try {
    return await read(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(REASONS[code] ?? outsideText(text), { cause: error });
  }
}

async function read(path: string): Promise<BoundedFile> {
  // Not to wait for the other end of a named pipe, which is refused below.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error("it is not a file");
    if (found.size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
    return { content: await handle.readFile(), isOpenToOthers: (found.mode & 0o077) !== 0 };
  } finally {
    await handle.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  ENOTDIR: "a part of its path is not a directory",
  EISDIR: "it is a directory",
  EACCES: "this account may not read it",
  EPERM: "this account may not read it",
  ELOOP: "its symbolic links lead in a circle",
};
