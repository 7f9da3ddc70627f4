import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurably } from "../platform/durable-file.ts";
import { KEPT_PROFILE_FILE, type OpenedProfile } from "../profiles/open-profile.ts";

/**
 * Keeps a profile that does not ship in the data directory, so that the licenses kept there can be read while
 * no server runs (ZL-6), wherever the operator's own file is.
 */
export async function keepProfile(dataDirectory: string, { fileText }: OpenedProfile): Promise<void> {
  const path = join(dataDirectory, KEPT_PROFILE_FILE);
  if (fileText === undefined) return rm(path, { force: true });
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found !== fileText) await writeFileDurably(path, fileText);
}
