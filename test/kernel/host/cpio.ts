/** Writes the archive that a kernel unpacks into memory at its start: cpio, format "newc". */
import type { FileHandle } from "node:fs/promises";

/** One entry of an archive; parents come before their children. */
export type CpioEntry =
  | { readonly kind: "directory"; readonly path: string; readonly mode: number }
  | { readonly kind: "file"; readonly path: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const TYPE = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;
const TRAILER: CpioEntry = { kind: "file", path: "TRAILER!!!", mode: 0, data: new Uint8Array() };

/** Writes the entries, owned by root, and the end of the archive. */
export async function writeCpio(file: FileHandle, entries: Iterable<CpioEntry>): Promise<void> {
  let number = 0;
  for (const entry of [...entries, TRAILER]) {
    number += 1;
    const data = dataOf(entry);
    await file.writev([header(entry, number, data.length), data, padding(data.length)]);
  }
}

function dataOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === "file") return entry.data;
  return entry.kind === "link" ? Buffer.from(entry.target) : new Uint8Array();
}

function header(entry: CpioEntry, number: number, length: number): Buffer {
  const name = Buffer.from(`${entry.path}\0`);
  const mode = TYPE[entry.kind] | (entry.kind === "link" ? 0o777 : entry.mode);
  // Inode, mode, owner, group, links, time, size, device and its own device, length of the name, checksum.
  const fields = [number, mode, 0, 0, 1, 0, length, 0, 0, 0, 0, name.length, 0];
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  const head = Buffer.concat([Buffer.from(text), name]);
  return Buffer.concat([head, padding(head.length)]);
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
