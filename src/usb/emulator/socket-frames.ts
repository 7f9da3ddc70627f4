/**
 * What goes over the socket of an emulated device: frames of a length (4 bytes, little-endian, of what follows), a
 * type (1 byte) and content. Either end may be hostile; neither keeps more than one frame of the other.
 */

/** Types of frames. */
export const FRAME = {
  /** Device, at once: see {@link encodeHello}. */
  hello: 1,
  /** Host: it wants to use the device. */
  claim: 2,
  /** Device: the host may. */
  claimed: 3,
  /** Device: another host does. */
  busy: 4,
  /** Host: number (4 bytes), setup (8), data. */
  request: 5,
  /** Device: number (4 bytes), data. */
  accepted: 6,
  /** Device: number (4 bytes). */
  stalled: 7,
} as const;

/** One frame. */
export interface Frame {
  readonly type: number;
  readonly content: Uint8Array;
}

/** What a device says of itself to whoever connects. */
export interface Hello {
  readonly vendorId: number;
  readonly productId: number;
  /** Of this stay, 32 hexadecimal digits. */
  readonly stay: string;
}

const MAGIC = "LKEY-SOCKET-1";
const LENGTH_BYTES = 4;
const STAY_BYTES = 16;
const HELLO_BYTES = MAGIC.length + 4 + STAY_BYTES;

/** Setup, number, and the most that a control request carries. */
const MAX_FRAME_BYTES = 1 + 4 + 8 + 65_535;

/** Writes a frame. */
export function encodeFrame(type: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat([Buffer.of(type), ...parts]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(content.length);
  return Buffer.concat([length, content]);
}

/** Four bytes, little-endian. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Splits what comes into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /**
   * Takes bytes as they came.
   *
   * @returns the frames that are whole by now.
   * @throws RangeError: a frame is empty or longer than any may be.
   */
  push(chunk: Uint8Array): readonly Frame[] {
    let bytes = Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (bytes.length >= LENGTH_BYTES) {
      const length = bytes.readUInt32LE(0);
      if (length < 1 || length > MAX_FRAME_BYTES) throw new RangeError(`a frame of ${length} bytes`);
      const end = LENGTH_BYTES + length;
      if (bytes.length < end) break;
      frames.push({ type: bytes.readUInt8(LENGTH_BYTES), content: bytes.subarray(LENGTH_BYTES + 1, end) });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return frames;
  }
}

/** The first frame of a device. */
export function encodeHello({ vendorId, productId, stay }: Hello): Buffer {
  const ids = Buffer.alloc(4);
  ids.writeUInt16LE(vendorId);
  ids.writeUInt16LE(productId, 2);
  return encodeFrame(FRAME.hello, Buffer.from(MAGIC, "latin1"), ids, Buffer.from(stay, "hex"));
}

/** Reads the first frame of a device; `undefined`: it is none. */
export function parseHello({ type, content }: Frame): Hello | undefined {
  const bytes = Buffer.from(content);
  const isHello = type === FRAME.hello && bytes.length === HELLO_BYTES;
  if (!isHello || bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined;
  return {
    vendorId: bytes.readUInt16LE(MAGIC.length),
    productId: bytes.readUInt16LE(MAGIC.length + 2),
    stay: bytes.toString("hex", MAGIC.length + 4),
  };
}
