import test from "ava";
import { newKeyMemory } from "../../../../src/usb/emulator/key-memory.ts";
import { bytesOfPublicJwk, publicJwkOfBytes } from "../../../../src/usb/protocol/public-key.ts";

/** Prime of the field of P-256. */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

function bigEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

function power(base: bigint, exponent: bigint): bigint {
  if (exponent === 0n) return 1n;
  const half = power((base * base) % P, exponent / 2n);
  return exponent % 2n === 1n ? (half * base) % P : half;
}

/** A point with so small an x that x + p fits into 32 bytes as well. */
function pointWithSmallX(): readonly [x: bigint, y: bigint] {
  for (let x = 1n; ; x++) {
    const square = (x ** 3n - 3n * x + B + P) % P;
    const y = power(square, (P + 1n) / 4n);
    if ((y * y) % P === square) return [x, y];
  }
}

test("a public key reads as the bytes that it was written as", (t) => {
  for (const algorithm of ["Ed25519", "ES256"] as const) {
    const { publicKey } = newKeyMemory({ keyId: "KEY-1", algorithm });
    const jwk = publicJwkOfBytes(publicKey);
    t.deepEqual(jwk && bytesOfPublicJwk(jwk), publicKey, algorithm);
  }
});

test("threat 8: a public key of P-256 that is not on the curve is refused", (t) => {
  const { publicKey } = newKeyMemory({ keyId: "KEY-1", algorithm: "ES256" });
  const beside = publicKey.with(63, (publicKey[63] ?? 0) ^ 1);
  t.is(publicJwkOfBytes(beside), undefined);
  t.is(publicJwkOfBytes(new Uint8Array(64)), undefined);
});

test("threat 8: a coordinate of P-256 that is not below the prime is refused: it would be a second name", (t) => {
  const [x, y] = pointWithSmallX();
  t.truthy(publicJwkOfBytes(Buffer.concat([bigEndian(x), bigEndian(y)])));
  t.is(publicJwkOfBytes(Buffer.concat([bigEndian(x + P), bigEndian(y)])), undefined);
});

test("threat 8: a public key of Ed25519 of small order is refused", (t) => {
  t.is(publicJwkOfBytes(new Uint8Array(32)), undefined);
  t.is(publicJwkOfBytes(new Uint8Array(32).with(0, 1)), undefined);
});

test("bytes of another length are no public key", (t) => {
  for (const length of [0, 31, 33, 63, 65]) t.is(publicJwkOfBytes(new Uint8Array(length).fill(2)), undefined);
});
