/** Public keys of USB keys, taken only when every verifier would agree about what they sign (threat 8). */
import { createPublicKey, type KeyObject } from "node:crypto";
import { isSoundPublicKey } from "../../license-file/ed25519-key.ts";
import type { PublicJwk } from "../../license-file/jwk-thumbprint.ts";
import { PUBLIC_KEY_BYTES } from "./info.ts";

/**
 * The public key that a key declares.
 *
 * @param bytes as in the answer to INFO: 32 of Ed25519, or 64 of P-256, x before y, big-endian.
 * @returns `undefined`: the bytes are no sound public key.
 */
export function publicJwkOfBytes(bytes: Uint8Array): PublicJwk | undefined {
  if (bytes.length === PUBLIC_KEY_BYTES.Ed25519) {
    const x = base64url(bytes);
    return isSoundPublicKey(x) ? { kty: "OKP", crv: "Ed25519", x } : undefined;
  }
  if (bytes.length !== PUBLIC_KEY_BYTES.ES256) return undefined;
  const jwk: PublicJwk = {
    kty: "EC",
    crv: "P-256",
    x: base64url(bytes.subarray(0, 32)),
    y: base64url(bytes.subarray(32)),
  };
  return importJwk(jwk) === undefined ? undefined : jwk;
}

/** The bytes of a public key as the answer to INFO holds them. */
export function bytesOfPublicJwk(jwk: PublicJwk): Uint8Array {
  const coordinates = jwk.kty === "EC" ? [jwk.x, jwk.y] : [jwk.x];
  return new Uint8Array(Buffer.concat(coordinates.map((text) => Buffer.from(text, "base64url"))));
}

/** Imports a public key; `undefined`: it is no point of its curve in canonical form. */
export function importJwk(jwk: PublicJwk): KeyObject | undefined {
  try {
    return createPublicKey({ key: { ...jwk }, format: "jwk" });
  } catch {
    return undefined;
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}
