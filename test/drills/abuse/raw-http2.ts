/** HTTP/2 frames by hand, for a client that never reads: a library would read. */

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const TYPE = { data: 0, headers: 1, settings: 4 } as const;
const END_STREAM = 0x1;
const END_HEADERS = 0x4;

/** What a connection begins with. */
export function opening(): Buffer {
  return Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, Buffer.alloc(0))]);
}

/** One whole call with an empty request. Streams of a client have odd numbers, each higher than the last. */
export function emptyCall(streamId: number, path: string, token: string): Buffer {
  const headers = Object.entries({
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "localhost",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  }).map(([name, value]) => literal(name, value));
  return Buffer.concat([
    frame(TYPE.headers, END_HEADERS, streamId, Buffer.concat(headers)),
    frame(TYPE.data, END_STREAM, streamId, Buffer.alloc(5)),
  ]);
}

function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A header that no table remembers (RFC 7541, 6.2.2), both texts shorter than 127 bytes. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length >= 127) throw new RangeError("a longer text needs a longer length");
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}
