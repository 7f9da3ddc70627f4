/** One 512-byte header of a tar archive, taken only when there is one way to read it. */

/** Length of every block of an archive: headers, and data padded to it. */
export const TAR_BLOCK_BYTES = 512;

/** A header whose form is right. The name is raw outside text, free of bytes that are no UTF-8. */
export interface TarHeader {
  readonly name: string;
  readonly sizeBytes: number;
  /** What the entry is: "a file", "a directory", or the words for something that no package may hold. */
  readonly kind: string;
}

/** A header that has no one meaning. */
export interface TarHeaderFault {
  readonly fault: string;
}

/** POSIX 1988, and GNU tar's own; both are the same for short names and plain files. */
const MAGICS = ["ustar\u000000", "ustar  \u0000"];

const KINDS: ReadonlyMap<string, string> = new Map([
  ["\u0000", "a file"],
  ["0", "a file"],
  ["1", "a hard link"],
  ["2", "a symbolic link"],
  ["3", "a character device"],
  ["4", "a block device"],
  ["5", "a directory"],
  ["6", "a named pipe"],
  ["7", "a contiguous file"],
  ["g", "a header of the pax format"],
  ["x", "a header of the pax format"],
  ["K", "a long name of the GNU format"],
  ["L", "a long name of the GNU format"],
  ["S", "a sparse file"],
]);

/** Whether bytes begin as an archive of this reader does: with a known magic, or with the block that ends one. */
export function isTar(bytes: Uint8Array): boolean {
  if (bytes.length < TAR_BLOCK_BYTES) return false;
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, TAR_BLOCK_BYTES);
  return MAGICS.includes(text(block, 257, 8)) || isZero(block);
}

/**
 * Reads a header.
 *
 * @param block exactly {@link TAR_BLOCK_BYTES} bytes, not all zero.
 */
export function readTarHeader(block: Buffer): TarHeader | TarHeaderFault {
  if (!MAGICS.includes(text(block, 257, 8))) return { fault: "it is not a tar archive of a known format" };
  if (octal(block, 148, 8) !== checksumOf(block)) return { fault: "a checksum in it is wrong" };
  const name = nameOf(block.subarray(0, 100));
  if (name === undefined) return { fault: "a name in it is not UTF-8, or goes on after its end" };
  const sizeBytes = octal(block, 124, 12);
  if (sizeBytes === undefined) return { fault: "a size in it is not an octal number" };
  const kind = KINDS.get(text(block, 156, 1)) ?? "of an unknown kind";
  // Prefix (POSIX), times and sparse maps (GNU): what no entry with a name of 100 bytes needs.
  const isPlain = kind === "a file" || kind === "a directory";
  if (isPlain && !(isZero(block.subarray(157, 257)) && isZero(block.subarray(345)))) {
    return { fault: "a header in it has a link name, a name of more than 100 bytes or GNU extensions" };
  }
  return { name, sizeBytes, kind };
}

const ZERO_BLOCK = Buffer.alloc(TAR_BLOCK_BYTES);

/** Whether all bytes are zero; at most {@link TAR_BLOCK_BYTES} of them. */
export function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, ZERO_BLOCK.subarray(0, bytes.length)) === 0;
}

function text(block: Buffer, offset: number, length: number): string {
  return block.toString("latin1", offset, offset + length);
}

/** Octal digits with spaces before, spaces or NULs after them; GNU's binary sizes are not taken. */
function octal(block: Buffer, offset: number, length: number): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(text(block, offset, length))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}

function checksumOf(block: Buffer): number {
  const all = block.reduce((sum, byte) => sum + byte, 0);
  const own = block.subarray(148, 156).reduce((sum, byte) => sum + byte, 0);
  return all - own + 8 * 0x20;
}

function nameOf(field: Buffer): string | undefined {
  const end = field.indexOf(0);
  const name = end === -1 ? field : field.subarray(0, end);
  if (!isZero(field.subarray(name.length))) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    return undefined;
  }
}
