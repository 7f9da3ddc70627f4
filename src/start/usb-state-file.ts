/** Beside the database: what the platform remembers of its USB keys, so that a restored database forgets none of it (threat 18). */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileDurably } from "../platform/durable-file.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { readUsbStateRow, type SignedUsbState } from "../platform/usb-rows.ts";

/** Name of the file in the data directory that holds the state of the USB keys, as the platform signed it. */
export const USB_STATE_FILE = "usb-state.jws";

/** The state that this node keeps; `undefined`: none, or none that this platform signed. */
export async function readKeptUsbState(
  dataDirectory: string,
  key: PlatformKey,
): Promise<SignedUsbState | undefined> {
  const document = await readFile(join(dataDirectory, USB_STATE_FILE), "utf8").catch(() => undefined);
  return document === undefined ? undefined : readUsbStateRow(key.publicKeyX, document);
}

/** Keeps a state in the data directory. @throws the error of the file system. */
export async function keepUsbState(dataDirectory: string, document: string): Promise<void> {
  const path = join(dataDirectory, USB_STATE_FILE);
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found === document) return;
  await removeLeftovers(dataDirectory);
  await writeFileDurably(path, document, 0o600);
}

/** What a process that was killed in the middle of a write has left. No other process writes here. */
async function removeLeftovers(dataDirectory: string): Promise<void> {
  const names = await readdir(dataDirectory);
  const leftovers = names.filter((name) => name.startsWith(`${USB_STATE_FILE}.`) && name.endsWith(".tmp"));
  for (const name of leftovers) await rm(join(dataDirectory, name), { force: true });
}
