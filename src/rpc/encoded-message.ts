/**
 * A response that is encoded already. A snapshot is encoded once and sent thousands of times;
 * encoding it for each call halves the throughput (design, "Numbers to reach").
 */

/** Bytes before a message in a gRPC frame: no compression, and the message's length. */
const HEADER_BYTES = 5;

/** A message in its gRPC frame, ready to be written to any number of streams. */
export class EncodedMessage<Message> {
  /** Never written to after construction. */
  readonly frame: Buffer;
  /** Keeps messages of different types apart; never set. */
  declare readonly message?: Message;

  /** @param frame as {@link frameOf} makes it */
  constructor(frame: Uint8Array) {
    this.frame = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  }

  /** The message in protobuf's binary form. */
  get bytes(): Buffer {
    return this.frame.subarray(HEADER_BYTES);
  }
}

/** Puts a message in protobuf's binary form into a gRPC frame. */
export function frameOf(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + bytes.length);
  new DataView(frame.buffer).setUint32(1, bytes.length);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}

/** The message in a frame that {@link frameOf} made. */
export function messageIn(frame: Uint8Array): Uint8Array {
  return frame.subarray(HEADER_BYTES);
}

/** A `responseSerialize` that lets {@link EncodedMessage}s through as they are. */
export function passEncoded<Message>(
  serialize: (message: Message) => Buffer,
): (message: Message | EncodedMessage<Message>) => Buffer {
  return (message) => (message instanceof EncodedMessage ? message.bytes : serialize(message));
}

interface Framing {
  serializeMessage?: (message: unknown) => Buffer;
}

/**
 * Has a call of grpc-js write the frame of an {@link EncodedMessage} as it is. By itself it copies the
 * message into a new frame for every call: with thousands of watchers that is most of what the process
 * allocates. Where grpc-js has no such method any more, it goes on to do so.
 */
export function writeFrames(call: Framing): void {
  if (call.serializeMessage !== undefined) call.serializeMessage = serializeFramed;
}

function serializeFramed(this: Framing, message: unknown): Buffer {
  if (message instanceof EncodedMessage) return message.frame;
  return Object.getPrototypeOf(this).serializeMessage.call(this, message);
}
