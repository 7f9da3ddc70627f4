/** What the vendor does to a key: make its key pair, write what lies on it. */
import { createHash } from "node:crypto";
import type { UsbConnection } from "../bus/bus.ts";
import { readKey } from "./exchange.ts";
import { KEY_ALGORITHMS, type KeyAlgorithm } from "./info.ts";
import { KeyFault } from "./key-fault.ts";
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits } from "./limits.ts";
import { CHUNK_BYTES, MAX_BLOB_BYTES, REQUEST } from "./requests.ts";
import { beginTransfers } from "./transfers.ts";

/** Who a blank key becomes. */
export interface NewKey {
  readonly algorithm: Exclude<KeyAlgorithm, "none">;
  /** See isKeyId. */
  readonly keyId: string;
  /** See isModel. */
  readonly model: string;
}

/** The data of a MAKE_KEY. */
export function encodeNewKey({ algorithm, keyId, model }: NewKey): Uint8Array {
  const fields = [keyId, model].map((text) => Buffer.from(text, "latin1"));
  return new Uint8Array(
    Buffer.concat([
      Buffer.of(KEY_ALGORITHMS.indexOf(algorithm)),
      ...fields.flatMap((field) => [Buffer.of(field.length), field]),
    ]),
  );
}

/**
 * Lets a blank key make its key pair. That happens once in its life; the private key never leaves it.
 *
 * @throws UsbFault, with STALL when the key has a key pair already, or takes no such id, model or algorithm.
 */
export async function makeKey(
  connection: UsbConnection,
  newKey: NewKey,
  limits: ExchangeLimits = DEFAULT_EXCHANGE_LIMITS,
): Promise<void> {
  await beginTransfers(connection, limits, limits.exchangeMs).write(REQUEST.makeKey, 0, encodeNewKey(newKey));
}

/**
 * Writes what lies on a key, and reads it back. Until the key has all of it and has compared its hash, the old
 * blob stays.
 *
 * @param blob a license file or a package; empty: takes away what lies there.
 * @throws RangeError: it is too long; UsbFault, with STALL when the key did not take it; KeyFault NOT_A_KEY: it
 *   reads otherwise than it was written.
 */
export async function writeBlob(
  connection: UsbConnection,
  blob: Uint8Array,
  limits: ExchangeLimits = DEFAULT_EXCHANGE_LIMITS,
): Promise<void> {
  if (blob.length > MAX_BLOB_BYTES) throw new RangeError(`a key holds at most ${MAX_BLOB_BYTES} bytes`);
  const transfers = beginTransfers(connection, limits, limits.blobMs);
  for (let offset = 0; offset < blob.length; offset += CHUNK_BYTES) {
    const chunk = blob.subarray(offset, offset + CHUNK_BYTES);
    await transfers.write(REQUEST.writeBlob, offset / CHUNK_BYTES, chunk);
  }
  await transfers.write(REQUEST.commitBlob, 0, encodeCommit(blob));
  const written = await readKey(connection, limits);
  if (Buffer.compare(written.blob, blob) === 0) return;
  throw new KeyFault("NOT_A_KEY", "what lies on it is not what was written");
}

/** The data of a COMMIT_BLOB. */
export function encodeCommit(blob: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(blob.length);
  return new Uint8Array(Buffer.concat([length, createHash("sha256").update(blob).digest()]));
}
