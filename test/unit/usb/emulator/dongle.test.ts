import test from "ava";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { type SetupReply, vendorSetup } from "../../../../src/usb/emulator/emulated-device.ts";
import { foreignDevice } from "../../../../src/usb/emulator/foreign-device.ts";
import { MARK_SLOTS } from "../../../../src/usb/emulator/key-firmware.ts";
import { BLANK_MEMORY } from "../../../../src/usb/emulator/key-memory.ts";
import { REQUEST } from "../../../../src/usb/protocol/requests.ts";
import { blobOf, keyWithBlob } from "../protocol/_exchange.ts";

const NO_DATA = new Uint8Array();
const CHALLENGE = new Uint8Array(80).fill(3);
const GET_DESCRIPTOR = 6;

function newDongle(): Dongle {
  return new Dongle(keyWithBlob(blobOf(1_500)));
}

/** A standard request that reads. */
function standard(request: number, value: number, length: number): Uint8Array {
  return Uint8Array.of(0x80, request, value & 0xff, value >> 8, 0, 0, length & 0xff, length >> 8);
}

function hexOf(reply: SetupReply): string {
  return typeof reply === "string" ? reply : Buffer.from(reply).toString("hex");
}

function read(dongle: Dongle, request: number, value = 0, length = 1_024): SetupReply {
  return dongle.handleSetup(vendorSetup(true, request, value, length), NO_DATA);
}

function write(dongle: Dongle, request: number, data: Uint8Array, value = 0): SetupReply {
  return dongle.handleSetup(vendorSetup(false, request, value, data.length), data);
}

function raiseMark(dongle: Dongle, platform: number, mark: number): SetupReply {
  const data = Buffer.alloc(40, platform);
  data.writeBigUInt64LE(BigInt(mark), 32);
  return write(dongle, REQUEST.raiseMark, data);
}

test("a key has the descriptors of a vendor's device without endpoints", (t) => {
  const dongle = newDongle();
  const device = dongle.handleSetup(standard(GET_DESCRIPTOR, 0x0100, 64), NO_DATA);
  t.is(hexOf(device), "12010002000000400912010000010102" + "0301");
  const configuration = dongle.handleSetup(standard(GET_DESCRIPTOR, 0x0200, 255), NO_DATA);
  t.is(hexOf(configuration), "09021200010100803209040000" + "00ff000000");
  t.is(hexOf(dongle.handleSetup(standard(GET_DESCRIPTOR, 0x0200, 9), NO_DATA)), "090212000101008032");
  const serial = dongle.handleSetup(standard(GET_DESCRIPTOR, 0x0303, 255), NO_DATA);
  t.is(hexOf(serial), `0c03${Buffer.from("KEY-1", "utf16le").toString("hex")}`);
  t.is(dongle.handleSetup(standard(GET_DESCRIPTOR, 0x0304, 255), NO_DATA), "stall");
  t.is(dongle.handleSetup(standard(GET_DESCRIPTOR, 0x0600, 10), NO_DATA), "stall");
});

test("a key takes the configuration that it is given", (t) => {
  const dongle = newDongle();
  t.is(dongle.handleSetup(Uint8Array.of(0, 9, 1, 0, 0, 0, 0, 0), NO_DATA), "accepted");
  t.is(hexOf(dongle.handleSetup(standard(8, 0, 1), NO_DATA)), "01");
});

test("a key never sends more than it was asked for", (t) => {
  const dongle = newDongle();
  t.is(hexOf(read(dongle, REQUEST.info, 0, 4)), Buffer.from("LKEY").toString("hex"));
  t.is(hexOf(read(dongle, REQUEST.blob, 0, 2)), hexOf(blobOf(2)));
});

test("a key refuses what is not for it, and goes on", (t) => {
  const dongle = newDongle();
  const info = vendorSetup(true, REQUEST.info, 0, 256);
  t.is(dongle.handleSetup(info.with(0, 0xc0), NO_DATA), "stall", "recipient device");
  t.is(dongle.handleSetup(info.with(0, 0xa1), NO_DATA), "stall", "class request");
  t.is(dongle.handleSetup(info.with(4, 1), NO_DATA), "stall", "another index");
  t.is(dongle.handleSetup(info.subarray(1), NO_DATA), "stall", "no setup packet");
  t.is(read(dongle, 0x7f), "stall");
  t.is(read(dongle, REQUEST.challenge), "stall");
  t.is(write(dongle, REQUEST.info, NO_DATA), "stall");
  t.is(write(dongle, 0x7f, NO_DATA), "stall");
  t.is(read(dongle, REQUEST.blob, 2), "stall", "a chunk that is not there");
  t.true(dongle.handleSetup(info, NO_DATA) instanceof Uint8Array);
});

test("a key gives one proof for each challenge, and none without", (t) => {
  const dongle = newDongle();
  t.is(read(dongle, REQUEST.proof), "stall");
  t.is(write(dongle, REQUEST.challenge, CHALLENGE.subarray(1)), "stall");
  t.is(read(dongle, REQUEST.proof), "stall");
  t.is(write(dongle, REQUEST.challenge, CHALLENGE), "accepted");
  t.true(read(dongle, REQUEST.proof) instanceof Uint8Array);
  t.is(read(dongle, REQUEST.proof), "stall");
});

test("a key without a private key takes no challenge", (t) => {
  t.is(write(new Dongle({ ...BLANK_MEMORY, keyId: "KEY-2" }), REQUEST.challenge, CHALLENGE), "stall");
});

test("threat 18: a key has room for sixteen platforms, whose marks it goes on raising", (t) => {
  const dongle = newDongle();
  for (let platform = 0; platform < MARK_SLOTS; platform++) t.is(raiseMark(dongle, platform, 5), "accepted");
  t.is(raiseMark(dongle, 99, 5), "stall");
  t.is(raiseMark(dongle, 3, 6), "accepted");
  t.is(raiseMark(dongle, 3, 6), "stall");
  t.is(dongle.memory.marks.length, MARK_SLOTS);
});

test("a key refuses to stage what does not fit", (t) => {
  const dongle = newDongle();
  t.is(write(dongle, REQUEST.writeBlob, new Uint8Array(1_024), 255), "accepted");
  t.is(write(dongle, REQUEST.writeBlob, new Uint8Array(1), 256), "stall");
  t.is(write(dongle, REQUEST.writeBlob, new Uint8Array(1_025), 0), "stall");
  t.is(write(dongle, REQUEST.commitBlob, new Uint8Array(36).fill(0xff)), "stall");
  t.is(write(dongle, REQUEST.commitBlob, new Uint8Array(35)), "stall");
});

test("what a key must keep is kept before it answers", (t) => {
  const kept: bigint[] = [];
  const dongle = new Dongle(keyWithBlob(blobOf(1)), { keep: ({ counter }) => void kept.push(counter) });
  write(dongle, REQUEST.challenge, CHALLENGE);
  t.deepEqual(kept, []);
  read(dongle, REQUEST.proof);
  t.deepEqual(kept, [1n]);
});

test("threat 18: a key that cannot keep its counter gives no proof, and keeps what it had", (t) => {
  const dongle = new Dongle(keyWithBlob(blobOf(1)), {
    keep: () => {
      throw new Error("no space left");
    },
  });
  write(dongle, REQUEST.challenge, CHALLENGE);
  t.throws(() => read(dongle, REQUEST.proof), { message: "no space left" });
  t.is(dongle.memory.counter, 0n);
});

test("a foreign device has descriptors and refuses all else", (t) => {
  const device = foreignDevice();
  const descriptor = device.handleSetup(standard(GET_DESCRIPTOR, 0x0100, 18), NO_DATA);
  t.is(hexOf(descriptor).slice(16, 24), "6d041cc3");
  t.is(device.handleSetup(vendorSetup(true, REQUEST.info, 0, 256), NO_DATA), "stall");
});
