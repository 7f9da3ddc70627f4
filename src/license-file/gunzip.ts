/**
 * Inflates one gzip file piece by piece. zlib's own gunzip goes on silently into a second member and drops
 * trailing bytes, so the frame is read here and only the deflate stream is left to it.
 */
import { crc32, createInflateRaw, type InflateRaw } from "node:zlib";
import type { Refusal } from "../domain/refusal.ts";
import type { PackageLimits } from "./package-limits.ts";
import { archiveInvalid, tooLarge } from "./tar-reader.ts";

/** What inflating came to. */
export interface Gunzipped {
  /** Bytes that were inflated before it was over or refused. */
  readonly inflatedBytes: number;
  readonly refusal: Refusal | undefined;
}

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
const DEFLATE = 8;
const HAS_FILE_NAME = 8;

/** Small packages of text may well inflate more than the ratio allows. */
const RATIO_COUNTS_FROM_BYTES = 64 * 1024;

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates a gzip file of exactly one member, within the limits on bytes, ratio and time.
 *
 * @param onChunk takes each piece; answers whether it wants more. Once it does not, the rest is not looked at.
 * @returns never throws, whatever the bytes.
 */
export async function gunzip(
  bytes: Uint8Array,
  limits: PackageLimits,
  onChunk: (chunk: Uint8Array) => boolean,
): Promise<Gunzipped> {
  const start = deflateStart(bytes);
  if (start === undefined)
    return { inflatedBytes: 0, refusal: archiveInvalid("its gzip header is not a plain one") };
  const startedAtMs = performance.now();
  const inflate = createInflateRaw();
  inflate.end(bytes.subarray(start));
  const total = { inflatedBytes: 0, crc: 0 };
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      total.inflatedBytes += chunk.length;
      total.crc = crc32(chunk, total.crc);
      const refusal = judgeCost(total.inflatedBytes, inflate, performance.now() - startedAtMs, limits);
      if (refusal !== undefined || !onChunk(chunk)) return { inflatedBytes: total.inflatedBytes, refusal };
    }
  } catch {
    return {
      inflatedBytes: total.inflatedBytes,
      refusal: archiveInvalid("its compressed data are damaged or cut off"),
    };
  }
  const trailer = bytes.subarray(start + inflate.bytesWritten);
  return {
    inflatedBytes: total.inflatedBytes,
    refusal: judgeTrailer(trailer, total.inflatedBytes, total.crc),
  };
}

/** Where the deflate stream begins: after a header with no option, or with a file name only. */
function deflateStart(bytes: Uint8Array): number | undefined {
  const flags = bytes[3];
  if (!isGzip(bytes) || bytes[2] !== DEFLATE || bytes.length < HEADER_BYTES + TRAILER_BYTES) return undefined;
  if (flags === 0) return HEADER_BYTES;
  const nameEnd = bytes.indexOf(0, HEADER_BYTES);
  return flags === HAS_FILE_NAME && nameEnd !== -1 ? nameEnd + 1 : undefined;
}

function judgeCost(
  inflatedBytes: number,
  inflate: InflateRaw,
  elapsedMs: number,
  limits: PackageLimits,
): Refusal | undefined {
  if (inflatedBytes > limits.maxInflatedBytes) {
    return tooLarge(`it inflates to more than ${limits.maxInflatedBytes} bytes`);
  }
  if (
    inflatedBytes > RATIO_COUNTS_FROM_BYTES &&
    inflatedBytes > limits.maxInflationRatio * inflate.bytesWritten
  ) {
    return tooLarge(`it inflates to more than ${limits.maxInflationRatio} times its size`);
  }
  if (elapsedMs >= limits.maxDurationMs) {
    return tooLarge(`it took longer than ${limits.maxDurationMs} ms to unpack`);
  }
  return undefined;
}

function judgeTrailer(trailer: Uint8Array, inflatedBytes: number, crc: number): Refusal | undefined {
  if (trailer.length < TRAILER_BYTES) return archiveInvalid("its end is cut off");
  if (trailer.length > TRAILER_BYTES)
    return archiveInvalid("something follows the end of its compressed data");
  const view = new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES);
  const isIntact = view.getUint32(0, true) === crc && view.getUint32(4, true) === inflatedBytes % 2 ** 32;
  return isIntact ? undefined : archiveInvalid("its checksum is wrong; the file was damaged");
}
