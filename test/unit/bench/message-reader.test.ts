import test from "ava";
import { MessageReader } from "../../bench/peers/message-reader.ts";

function framed(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

test("messages are cut alike, however their bytes arrive", (t) => {
  const texts = ["first", "", "the third, which is longer"];
  const bytes = Buffer.concat(texts.map(framed));
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new MessageReader();
    const read: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      read.push(...reader.read(bytes.subarray(at, at + size)).map(String));
    }
    t.deepEqual(read, texts, `in pieces of ${size}`);
  }
});
