/** Bytes before a message in gRPC's frame: whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** Cuts the bytes of one gRPC stream into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are whole with these bytes. */
  read(bytes: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const messages: Buffer[] = [];
    while (rest.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) break;
      messages.push(rest.subarray(PREFIX_BYTES, end));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return messages;
  }
}
