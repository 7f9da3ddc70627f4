/**
 * Public keys of Ed25519, taken only when every verifier would agree about what they sign (threat 8).
 */
import { type CryptoKey, calculateJwkThumbprint, importJWK } from "jose";
import { decodeBase64url } from "./base64url.ts";

/** The only signature algorithm of licenses and rows: fixed by the key, never read from a token. */
export const SIGNATURE_ALGORITHM = "EdDSA";

const FIELD_PRIME = 2n ** 255n - 19n;

/** The y coordinates of the eight points of small order: under such a key forged signatures verify. */
const SMALL_ORDER_YS: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  FIELD_PRIME - 1n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  FIELD_PRIME - 2707385501144840649318225287225658788936804267575313519463743609750303402022n,
]);

/**
 * Whether `x` is a public key to rely on: 32 bytes in canonical base64url, a canonical coordinate, not of
 * small order.
 *
 * @param x member `x` of the key's JWK.
 */
export function isSoundPublicKey(x: string): boolean {
  const bytes = decodeBase64url(x);
  if (bytes?.length !== 32) return false;
  const y = littleEndian(bytes) & (2n ** 255n - 1n);
  return y < FIELD_PRIME && !SMALL_ORDER_YS.has(y);
}

/**
 * Imports a public key for verification.
 *
 * @param x member `x` of the key's JWK.
 * @returns `undefined` when {@link isSoundPublicKey} refuses it.
 */
export async function importPublicKey(x: string): Promise<CryptoKey | undefined> {
  if (!isSoundPublicKey(x)) return undefined;
  const key = await importJWK(publicJwkOf(x), SIGNATURE_ALGORITHM);
  return key instanceof Uint8Array ? undefined : key;
}

/** The public key as a JWK, members in lexical order. */
export function publicJwkOf(x: string): { crv: "Ed25519"; kty: "OKP"; x: string } {
  return { crv: "Ed25519", kty: "OKP", x };
}

/** RFC 7638 thumbprint (SHA-256, base64url, 43 characters) of a public key. */
export function thumbprintOf(x: string): Promise<string> {
  return calculateJwkThumbprint(publicJwkOf(x));
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}
