import { readFileSync } from "node:fs";
import test from "ava";
import type { PublicJwk } from "../../../../src/license-file/jwk-thumbprint.ts";
import { jwkThumbprint } from "../../../../src/license-file/jwk-thumbprint.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { vendorSetup } from "../../../../src/usb/emulator/emulated-device.ts";
import { BLANK_MEMORY, type PairAlgorithm } from "../../../../src/usb/emulator/key-memory.ts";
import {
  challengeOf,
  encodeChallenge,
  isProofValid,
  parseProof,
  proofMessage,
} from "../../../../src/usb/protocol/challenge.ts";
import { parseInfo } from "../../../../src/usb/protocol/info.ts";
import { publicJwkOfBytes } from "../../../../src/usb/protocol/public-key.ts";
import {
  CHALLENGE_BYTES,
  MAX_INFO_BYTES,
  PROOF_BYTES,
  REQUEST,
} from "../../../../src/usb/protocol/requests.ts";

const DOCUMENT = readFileSync(new URL("../../../../docs/usb-key-protocol.md", import.meta.url), "utf8");
const VECTOR = /^```json\n(.+?)\n```$/gms;
const REQUEST_ROW = /^\| 0x([0-9a-f]{2}) \| ([A-Z_]+) \|/gm;
const NO_DATA = new Uint8Array();

/** A test vector of the document; bytes in hexadecimal. */
interface Vector {
  readonly algorithm: PairAlgorithm;
  readonly keyId: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly thumbprint: string;
  readonly info: string;
  readonly platformThumbprint: string;
  readonly nodeId: string;
  readonly nonce: string;
  readonly challenge: string;
  readonly counter: number;
  readonly mark: number;
  readonly message: string;
  readonly proof: string;
}

const VECTORS = [...DOCUMENT.matchAll(VECTOR)].map(([, text = ""]): Vector => JSON.parse(text));

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function publicJwkOf({ publicKey }: Vector): PublicJwk {
  const jwk = publicJwkOfBytes(bytesOf(publicKey));
  if (jwk === undefined) throw new Error("the public key of the vector is none");
  return jwk;
}

/** The key of a vector, one proof before it. */
function dongleOf(vector: Vector): Dongle {
  const privateKey = {
    ...publicJwkOf(vector),
    d: Buffer.from(bytesOf(vector.privateKey)).toString("base64url"),
  };
  return new Dongle({
    ...BLANK_MEMORY,
    keyId: vector.keyId,
    model: "Model 1",
    algorithm: vector.algorithm,
    privateKey,
    publicKey: bytesOf(vector.publicKey),
    counter: BigInt(vector.counter) - 1n,
    marks: [
      {
        platform: hexOf(Buffer.from(vector.platformThumbprint, "base64url")),
        mark: BigInt(vector.mark),
      },
    ],
    blob: new TextEncoder().encode("license"),
    blobGeneration: 2,
  });
}

test("the document has a vector for each algorithm", (t) => {
  t.deepEqual(
    VECTORS.map(({ algorithm }) => algorithm),
    ["Ed25519", "ES256"],
  );
});

for (const vector of VECTORS) {
  const { algorithm } = vector;
  const challenge = challengeOf(vector.platformThumbprint, vector.nodeId, bytesOf(vector.nonce));

  test(`${algorithm}: INFO of the vector reads as the key of the vector`, (t) => {
    const { keyId, publicKey, ...info } = parseInfo(bytesOf(vector.info));
    t.like(info, { algorithm, isSealed: true, keepsMarks: true, blobLength: 7, blobGeneration: 2 });
    t.deepEqual([keyId, hexOf(publicKey)], [vector.keyId, vector.publicKey]);
    t.is(jwkThumbprint(publicJwkOf(vector)), vector.thumbprint);
  });

  test(`${algorithm}: challenge and message have the bytes of the vector`, (t) => {
    const proof = { counter: BigInt(vector.counter), mark: BigInt(vector.mark) };
    t.is(hexOf(encodeChallenge(challenge)), vector.challenge);
    t.is(hexOf(proofMessage(vector.keyId, challenge, proof)), vector.message);
  });

  test(`${algorithm}: the proof of the vector holds, and with any bit turned it does not`, (t) => {
    const jwk = publicJwkOf(vector);
    const holds = (bytes: Uint8Array) => {
      const proof = parseProof(bytes);
      return proof !== undefined && isProofValid(jwk, vector.keyId, challenge, proof);
    };
    const proof = bytesOf(vector.proof);
    t.true(holds(proof));
    for (let bit = 0; bit < PROOF_BYTES * 8; bit++) {
      const turned = Uint8Array.from(proof, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      t.false(holds(turned), `${bit}`);
    }
  });

  test(`${algorithm}: an emulated key answers as the key of the vector`, (t) => {
    const dongle = dongleOf(vector);
    const info = dongle.handleSetup(vendorSetup(true, REQUEST.info, 0, MAX_INFO_BYTES), NO_DATA);
    t.deepEqual(info, bytesOf(vector.info));
    const challengeSetup = vendorSetup(false, REQUEST.challenge, 0, CHALLENGE_BYTES);
    t.is(dongle.handleSetup(challengeSetup, bytesOf(vector.challenge)), "accepted");
    const answer = dongle.handleSetup(vendorSetup(true, REQUEST.proof, 0, PROOF_BYTES), NO_DATA);
    if (!(answer instanceof Uint8Array)) return t.fail("it gives no proof");
    t.is(hexOf(answer.subarray(0, 16)), vector.proof.slice(0, 32));
    if (algorithm === "Ed25519") t.is(hexOf(answer), vector.proof);
    const proof = parseProof(answer);
    return t.true(proof && isProofValid(publicJwkOf(vector), vector.keyId, challenge, proof));
  });
}

test("threat 18: a proof holds for its platform, node, nonce and key alone", (t) => {
  for (const vector of VECTORS) {
    const proof = parseProof(bytesOf(vector.proof));
    const challenge = challengeOf(vector.platformThumbprint, vector.nodeId, bytesOf(vector.nonce));
    if (proof === undefined) return t.fail("the vector has no proof");
    const jwk = publicJwkOf(vector);
    t.false(isProofValid(jwk, "KEY-000043", challenge, proof));
    t.false(isProofValid(jwk, vector.keyId, { ...challenge, platform: challenge.nonce }, proof));
    t.false(isProofValid(jwk, vector.keyId, { ...challenge, node: new Uint8Array(16) }, proof));
    t.false(isProofValid(jwk, vector.keyId, { ...challenge, nonce: challenge.platform }, proof));
  }
  return t.pass();
});

test("the document has each request of the protocol with its number", (t) => {
  const written = [...DOCUMENT.matchAll(REQUEST_ROW)].map(([, number = "", name = ""]) => [
    name,
    Number.parseInt(number, 16),
  ]);
  const known = Object.entries(REQUEST).map(([name, number]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
    number,
  ]);
  t.deepEqual(written, known);
});
