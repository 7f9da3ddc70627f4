import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurably } from "../platform/durable-file.ts";

/** Name of the file in the data directory that holds the request code. */
export const REQUEST_CODE_FILE = "request-code.txt";

/**
 * Keeps the request code in the data directory, so that it can be had without a client. No line end
 * follows it: the platform id is the MD5 of the file's exact bytes (AP-2).
 *
 * @returns the path of the file.
 */
export async function keepRequestCode(dataDirectory: string, requestCode: string): Promise<string> {
  const path = join(dataDirectory, REQUEST_CODE_FILE);
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found !== requestCode) await writeFileDurably(path, requestCode);
  return path;
}
