/** What lies on a key, chunk by chunk. */
import { KeyFault } from "./key-fault.ts";
import { CHUNK_BYTES, MAX_BLOB_BYTES, REQUEST } from "./requests.ts";
import type { Transfers } from "./transfers.ts";

/**
 * Reads a blob of the length that INFO says.
 *
 * @throws KeyFault NOT_A_KEY: it is too long, or a chunk is not as long as it must be; UsbFault
 */
export async function readBlob(transfers: Transfers, length: number): Promise<Uint8Array> {
  if (length > MAX_BLOB_BYTES) {
    throw new KeyFault("NOT_A_KEY", `it says that more than ${MAX_BLOB_BYTES} bytes lie on it`);
  }
  const blob = new Uint8Array(length);
  for (let offset = 0; offset < length; offset += CHUNK_BYTES) {
    const expected = Math.min(CHUNK_BYTES, length - offset);
    const chunk = await transfers.read(REQUEST.blob, offset / CHUNK_BYTES, expected);
    if (chunk.length !== expected) throw new KeyFault("NOT_A_KEY", "a chunk of its blob is too short");
    blob.set(chunk, offset);
  }
  return blob;
}
