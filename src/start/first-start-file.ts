import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "../domain/license.ts";
import { writeFileDurably } from "../platform/durable-file.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { verifyRow } from "../platform/signed-row.ts";

/** Name of the file in the data directory that holds the first start, as the platform signed it. */
export const FIRST_START_FILE = "first-start.jws";

/** The first start of the platform with its signature. */
export interface FirstStart {
  readonly at: Instant;
  /** Signed row (EV-8). */
  readonly jws: string;
}

/** The first start that this node keeps; `undefined`: none, or none that this platform signed. */
export async function readFirstStart(
  dataDirectory: string,
  key: PlatformKey,
): Promise<FirstStart | undefined> {
  const jws = await readFile(join(dataDirectory, FIRST_START_FILE), "utf8").catch(() => undefined);
  return jws === undefined ? undefined : verifyFirstStart(key, jws);
}

/** What a signed first start says; `undefined`: this platform did not sign it. */
export async function verifyFirstStart(key: PlatformKey, jws: string): Promise<FirstStart | undefined> {
  const at = (await verifyRow(key.publicKeyX, "first-start", jws))?.["firstStartAt"];
  return typeof at === "number" ? { at, jws } : undefined;
}

/** Keeps the first start in the data directory. */
export async function keepFirstStart(dataDirectory: string, { jws }: FirstStart): Promise<void> {
  const path = join(dataDirectory, FIRST_START_FILE);
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found !== jws) await writeFileDurably(path, jws);
}
