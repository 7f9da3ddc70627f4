import test from "ava";
import fc from "fast-check";
import { encodeInfo, KEY_ALGORITHMS, type KeyInfo, parseInfo } from "../../../../src/usb/protocol/info.ts";
import { KeyFault } from "../../../../src/usb/protocol/key-fault.ts";

const KEY: KeyInfo = {
  algorithm: "Ed25519",
  keepsMarks: true,
  isSealed: true,
  blobLength: 1_234,
  blobGeneration: 5,
  keyId: "KEY-000042",
  model: "Model 1",
  publicKey: new Uint8Array(32).fill(9),
};

const BLANK: KeyInfo = {
  ...KEY,
  algorithm: "none",
  isSealed: false,
  keyId: "",
  model: "",
  publicKey: new Uint8Array(),
};

const ALPHANUMERIC = [..."ABCXYZabcxyz0189"];
const KEY_BYTES = { none: [0, 32, 64], Ed25519: [32], ES256: [64] } as const;

const keyId = fc
  .tuple(
    fc.constantFrom(...ALPHANUMERIC),
    fc.string({ unit: fc.constantFrom(...ALPHANUMERIC, ".", "_", "-"), maxLength: 63 }),
  )
  .map((parts) => parts.join(""));

const info: fc.Arbitrary<KeyInfo> = fc.constantFrom(...KEY_ALGORITHMS).chain((algorithm) =>
  fc.record({
    algorithm: fc.constant(algorithm),
    keepsMarks: fc.boolean(),
    isSealed: fc.constant(algorithm !== "none"),
    blobLength: fc.nat(0xffff_ffff),
    blobGeneration: fc.nat(0xffff_ffff),
    keyId,
    model: fc.string({ unit: "grapheme-ascii", maxLength: 64 }),
    publicKey: fc
      .constantFrom(...KEY_BYTES[algorithm])
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
  }),
);

/** What is wrong with an answer; `undefined`: nothing. */
function faultOf(answer: Uint8Array): string | undefined {
  try {
    parseInfo(answer);
    return undefined;
  } catch (error) {
    if (error instanceof KeyFault && error.kind === "NOT_A_KEY") return error.message;
    throw error;
  }
}

/** The answer of {@link KEY} with a byte of another value. */
function withByte(at: number, value: number): Uint8Array {
  const bytes = encodeInfo(KEY);
  bytes[at] = value;
  return bytes;
}

test("INFO reads as it was written, whatever it says", (t) => {
  fc.assert(fc.property(info, (said) => void t.deepEqual(parseInfo(encodeInfo(said)), said)));
  t.deepEqual(parseInfo(encodeInfo(BLANK)), BLANK);
});

test("INFO has the bytes that the description of the protocol gives", (t) => {
  const bytes = Buffer.from(encodeInfo(KEY)).toString("hex");
  const fixed = "4c4b4559" + "01" + "01" + "0300" + "d2040000" + "05000000";
  const texts = "0a4b45592d303030303432" + "074d6f64656c2031";
  t.is(bytes, `${fixed}${texts}20${"09".repeat(32)}`);
});

test("threat 25: an INFO that is cut anywhere, or goes on, is refused", (t) => {
  const bytes = encodeInfo(KEY);
  for (let length = 0; length < bytes.length; length++) t.truthy(faultOf(bytes.subarray(0, length)));
  t.regex(faultOf(Buffer.concat([bytes, Buffer.of(0)])) ?? "", /goes on after its last field/);
  t.regex(faultOf(Buffer.concat([bytes], 257)) ?? "", /longer than 256 bytes/);
});

test("threat 25: an INFO that breaks a rule is refused, and the message says which", (t) => {
  t.regex(faultOf(withByte(0, 0x6c)) ?? "", /LKEY/);
  t.regex(faultOf(withByte(4, 2)) ?? "", /version/);
  t.regex(faultOf(withByte(5, 3)) ?? "", /algorithm/);
  t.regex(faultOf(withByte(6, 0x07)) ?? "", /reserved/);
  t.regex(faultOf(withByte(7, 0x80)) ?? "", /reserved/);
  t.regex(faultOf(withByte(6, 0x01)) ?? "", /sealed/);
  t.regex(faultOf(withByte(16, 0)) ?? "", /field|key id/);
  t.regex(faultOf(withByte(17, 0x1b)) ?? "", /key id/);
  t.regex(faultOf(withByte(17, 0x2d)) ?? "", /key id/);
  t.regex(faultOf(withByte(28, 0x9b)) ?? "", /model/);
  t.regex(faultOf(withByte(5, 2)) ?? "", /public key/);
});

test("threat 25: a key id that no license could name is refused, and so is a model for no screen", (t) => {
  for (const keyId of [".KEY", "KEY 1", "KEY/1", "Schlüssel", "k".repeat(65)]) {
    t.throws(() => encodeInfo({ ...KEY, keyId }), { instanceOf: KeyFault }, keyId);
  }
  for (const model of ["a\nb", "\u202e", "m".repeat(65)]) {
    t.throws(() => encodeInfo({ ...KEY, model }), { instanceOf: KeyFault }, model);
  }
  t.throws(() => encodeInfo({ ...BLANK, publicKey: KEY.publicKey }), { instanceOf: KeyFault });
});

test("threat 25: whatever bytes come, INFO is read or refused by one kind of fault", (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void faultOf(bytes)));
  const mutation = fc.record({ at: fc.nat(65), value: fc.nat(255) });
  fc.assert(fc.property(mutation, ({ at, value }) => void faultOf(withByte(at, value))));
  t.pass();
});
