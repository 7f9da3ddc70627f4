/** Archives by hand: what no honest program writes. */
import { constants, crc32, deflateRawSync, gzipSync } from "node:zlib";

/** One entry. Texts are written as they are, so that they can break every rule. */
export interface RawEntry {
  readonly name: string | Buffer;
  /** Default: empty. */
  readonly data?: string | Buffer;
  /** Default: "0", a plain file. */
  readonly type?: string;
  /** Default: the length of the data, as 11 octal digits. */
  readonly size?: string | Buffer;
  readonly linkName?: string;
  /** Default: "ustar\0" + "00". */
  readonly magic?: string;
  /** Written from byte 345 on. */
  readonly prefix?: string;
  /** Default: the right one. */
  readonly checksum?: string;
  /** What fills the last block of the data. Default: zeros. */
  readonly padding?: number;
}

/** The end mark of an archive. */
export const END = Buffer.alloc(1024);

/** Headers and data, without an end mark. */
export function rawEntry(entry: RawEntry): Buffer {
  const data = Buffer.from(entry.data ?? "");
  const header = Buffer.alloc(512);
  Buffer.from(entry.name).copy(header, 0, 0, 100);
  header.write("0000644\u00000000000\u00000000000\u0000", 100, "latin1");
  Buffer.from(entry.size ?? `${data.length.toString(8).padStart(11, "0")}\u0000`).copy(header, 124, 0, 12);
  header.write("00000000000\u0000        ", 136, "latin1");
  header.write(entry.type ?? "0", 156, "latin1");
  header.write(entry.linkName ?? "", 157, "latin1");
  header.write(entry.magic ?? "ustar\u000000", 257, "latin1");
  header.write(entry.prefix ?? "", 345, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(entry.checksum ?? `${sum.toString(8).padStart(6, "0")}\u0000 `, 148, "latin1");
  const padding = Buffer.alloc((512 - (data.length % 512)) % 512, entry.padding ?? 0);
  return Buffer.concat([header, data, padding]);
}

/** A whole archive. */
export function rawTar(...entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(rawEntry), END]);
}

/** A pax record: its length counts itself. */
export function paxRecord(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  const length = rest.length + String(rest.length + String(rest.length).length).length;
  return `${length}${rest}`;
}

/** A gzip file with options in its header: flags, and the bytes that follow it. */
export function rawGzip(content: Buffer, flags = 0, extra: Buffer = Buffer.alloc(0)): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(content), 0);
  trailer.writeUInt32LE(content.length, 4);
  const header = Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]);
  return Buffer.concat([header, extra, deflateRawSync(content), trailer]);
}

/** Gzip as tar makes it. */
export function gzip(content: Buffer): Buffer {
  return gzipSync(content);
}

/**
 * A gzip file that inflates to `first` and then `count` times `piece`, made without compressing the piece more than
 * once. Its trailer is missing: who reads so far has read too much.
 */
export function gzipOfRepeated(first: Buffer, piece: Buffer, count: number): Buffer {
  const options = { level: 9, finishFlush: constants.Z_FULL_FLUSH };
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  const repeated: Buffer[] = Array(count).fill(deflateRawSync(piece, options));
  return Buffer.concat([header, deflateRawSync(first, options), ...repeated]);
}
