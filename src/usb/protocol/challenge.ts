/** Challenge and proof of presence. Numbers are little-endian. */
import { verify } from "node:crypto";
import type { PublicJwk } from "../../license-file/jwk-thumbprint.ts";
import { importJwk } from "./public-key.ts";
import { CHALLENGE_BYTES, HASH_BYTES, NONCE_BYTES, PROOF_BYTES, SIGNATURE_BYTES } from "./requests.ts";

/** Begins every message that a key signs, so that no signature of it can mean anything else. */
const PROOF_PREFIX = "license-service usb-key proof v1\0";
const NODE_ID_BYTES = 16;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** To whom a key proves its presence. */
export interface Challenge {
  /** SHA-256 thumbprint of the platform key, raw: 32 bytes. */
  readonly platform: Uint8Array;
  /** UUID of the node, raw: 16 bytes. */
  readonly node: Uint8Array;
  /** 32 bytes that were never used before. */
  readonly nonce: Uint8Array;
}

/** What a key answers to a challenge. */
export interface SignedProof {
  /** Rises with each proof, for ever. */
  readonly counter: bigint;
  /** Mark of that platform; 0: none is kept. */
  readonly mark: bigint;
  /** 64 bytes. */
  readonly signature: Uint8Array;
}

/**
 * A challenge of a node.
 *
 * @param platformThumbprint base64url, 43 characters.
 * @param nodeId a UUID.
 * @throws TypeError: one of them, or the nonce, is of another form.
 */
export function challengeOf(platformThumbprint: string, nodeId: string, nonce: Uint8Array): Challenge {
  if (nonce.length !== NONCE_BYTES) throw new TypeError(`a nonce has ${NONCE_BYTES} bytes`);
  return { platform: rawThumbprint(platformThumbprint), node: rawNodeId(nodeId), nonce };
}

/**
 * The 32 bytes of an RFC 7638 thumbprint.
 *
 * @throws TypeError
 */
export function rawThumbprint(thumbprint: string): Uint8Array {
  const bytes = Buffer.from(thumbprint, "base64url");
  if (bytes.length !== HASH_BYTES) throw new TypeError("a thumbprint has 43 base64url characters");
  return new Uint8Array(bytes);
}

function rawNodeId(nodeId: string): Uint8Array {
  if (!UUID.test(nodeId)) throw new TypeError("a node id is a UUID");
  return new Uint8Array(Buffer.from(nodeId.replaceAll("-", ""), "hex"));
}

/** The data of a CHALLENGE. */
export function encodeChallenge({ platform, node, nonce }: Challenge): Uint8Array {
  return new Uint8Array(Buffer.concat([platform, node, nonce]));
}

/** Reads the data of a CHALLENGE; `undefined`: it is of another length. */
export function parseChallenge(data: Uint8Array): Challenge | undefined {
  if (data.length !== CHALLENGE_BYTES) return undefined;
  const nonceAt = HASH_BYTES + NODE_ID_BYTES;
  return {
    platform: data.slice(0, HASH_BYTES),
    node: data.slice(HASH_BYTES, nonceAt),
    nonce: data.slice(nonceAt),
  };
}

/** The answer to PROOF. */
export function encodeProof({ counter, mark, signature }: SignedProof): Uint8Array {
  return new Uint8Array(Buffer.concat([uint64(counter), uint64(mark), signature]));
}

/** Reads an answer to PROOF; `undefined`: it is of another length. */
export function parseProof(answer: Uint8Array): SignedProof | undefined {
  if (answer.length !== PROOF_BYTES) return undefined;
  const bytes = Buffer.from(answer);
  return {
    counter: bytes.readBigUInt64LE(0),
    mark: bytes.readBigUInt64LE(8),
    signature: new Uint8Array(bytes.subarray(PROOF_BYTES - SIGNATURE_BYTES)),
  };
}

/** The message that a key signs. */
export function proofMessage(
  keyId: string,
  { platform, node, nonce }: Challenge,
  { counter, mark }: Pick<SignedProof, "counter" | "mark">,
): Uint8Array {
  const id = Buffer.from(keyId, "latin1");
  return new Uint8Array(
    Buffer.concat([
      Buffer.from(PROOF_PREFIX, "latin1"),
      Buffer.of(id.length),
      id,
      platform,
      node,
      nonce,
      uint64(counter),
      uint64(mark),
    ]),
  );
}

/** Whether a proof was made for this challenge by the holder of the private key. */
export function isProofValid(
  publicKey: PublicJwk,
  keyId: string,
  challenge: Challenge,
  proof: SignedProof,
): boolean {
  const key = importJwk(publicKey);
  if (key === undefined) return false;
  const message = proofMessage(keyId, challenge, proof);
  return publicKey.kty === "EC"
    ? verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, proof.signature)
    : verify(null, message, key, proof.signature);
}

/** Eight bytes, little-endian. */
export function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
