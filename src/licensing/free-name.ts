import { extname } from "node:path";

/** Longest name of a file, in bytes, on every file system in use. */
const MAX_NAME_BYTES = 255;

/** Room for what is put behind a name: a number, ".txt". */
const RESERVED_BYTES = 20;

/**
 * The name, or the first of "base-2.lic", "base-3.lic", ... that is free. A name so long that a number or an
 * ending would not fit behind it is cut.
 */
export function freeName(name: string, isTaken: (candidate: string) => boolean): string {
  const fitting = cutToBytes(name, MAX_NAME_BYTES - RESERVED_BYTES);
  if (!isTaken(fitting)) return fitting;
  const ending = extname(fitting);
  const stem = fitting.slice(0, fitting.length - ending.length);
  for (let number = 2; ; number++) {
    const candidate = `${stem}-${number}${ending}`;
    if (!isTaken(candidate)) return candidate;
  }
}

function cutToBytes(text: string, maxBytes: number): string {
  let cut = text;
  while (Buffer.byteLength(cut) > maxBytes) cut = cut.slice(0, -1);
  return cut.toWellFormed();
}
