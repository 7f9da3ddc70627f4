/**
 * A response that is encoded already. A snapshot is encoded once and sent thousands of times;
 * encoding it for each call halves the throughput (design, "Numbers to reach").
 */
export class EncodedMessage<Message> {
  /** The message in protobuf's binary form. Never written to after construction. */
  readonly bytes: Buffer;
  /** Keeps messages of different types apart; never set. */
  declare readonly message?: Message;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** A `responseSerialize` that lets {@link EncodedMessage}s through as they are. */
export function passEncoded<Message>(
  serialize: (message: Message) => Buffer,
): (message: Message | EncodedMessage<Message>) => Buffer {
  return (message) => (message instanceof EncodedMessage ? message.bytes : serialize(message));
}
