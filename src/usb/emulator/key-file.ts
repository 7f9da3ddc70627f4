/** An emulated key as a file. Whoever reads the file has the key: it is for trying things, never for a product. */
import { randomUUID } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { createFileDurably } from "../../platform/durable-file.ts";
import { Dongle, type DongleOptions } from "./dongle.ts";
import { keyFileText, parseKeyFile } from "./key-file-text.ts";
import type { KeyMemory } from "./key-memory.ts";

/** Proofs for which the counter is written ahead, so that not each of them costs a write. */
const COUNTER_STEP = 64n;

/** The largest blob in base64, and room for the rest. */
const MAX_FILE_BYTES = 512 * 1024;

/**
 * Makes the file of a key, mode 0600; never replaces one.
 *
 * @throws the error of the file system; code `EEXIST`: the file is there already.
 */
export async function createKeyFile(path: string, memory: KeyMemory): Promise<void> {
  await createFileDurably(path, keyFileText(memory));
}

/**
 * Reads a key from its file; the dongle keeps in it what must last, before each answer. One dongle at a time is to
 * live on one file: two are what a copied key is, and their counters betray them.
 *
 * @throws the error of the file system; Error whose message, without the file's name, says what is wrong:
 *   readable by others, no key file.
 */
export async function openKeyFile(path: string, options: Omit<DongleOptions, "keep"> = {}): Promise<Dongle> {
  const memory = parseKeyFile(await readPrivateFile(path));
  let kept = memory;
  const keep = (next: KeyMemory) => {
    const isCovered = next.counter <= kept.counter;
    if (isCovered && isSameButCounter(next, kept)) return;
    const ahead = { ...next, counter: isCovered ? kept.counter : next.counter + COUNTER_STEP - 1n };
    replaceFile(path, keyFileText(ahead));
    kept = ahead;
  };
  return new Dongle(memory, { ...options, keep });
}

async function readPrivateFile(path: string): Promise<string> {
  const handle = await open(path, "r");
  try {
    const { mode, size } = await handle.stat();
    if ((mode & 0o077) !== 0) throw new Error("other users can read it; allow only its owner (chmod 600)");
    if (size > MAX_FILE_BYTES) throw new Error("it is no key file");
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

function isSameButCounter(a: KeyMemory, b: KeyMemory): boolean {
  return (Object.keys(a) as (keyof KeyMemory)[]).every((name) => name === "counter" || a[name] === b[name]);
}

/** As writeFileDurably, but done when it returns: the answer to the host depends on it. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, "wx", 0o600);
    syncAndClose(file, () => {
      fchmodSync(file, 0o600);
      writeFileSync(file, text);
    });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncAndClose(openSync(dirname(path), "r"));
}

function syncAndClose(file: number, write: () => void = () => undefined): void {
  try {
    write();
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
