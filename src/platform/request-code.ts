/** The request code: what a customer sends to the vendor to get licenses for this platform. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { word } from "../license-file/claim-values.ts";
import { isSignedBy, readCompactJws, signCompactJws } from "../license-file/compact-jws.ts";
import { importPublicKey, publicJwkOf, thumbprintOf } from "../license-file/ed25519-key.ts";
import { readStrictJson } from "../license-file/strict-json.ts";
import type { PlatformKey } from "./platform-key.ts";

/** What a request code says. */
export interface RequestCode {
  /** Product profile that the platform runs. */
  readonly profile: string;
  /** RFC 7638 thumbprint of the platform's public key: what licenses are bound to. */
  readonly thumbprint: string;
}

const payloadSchema = z.strictObject({
  ver: z.literal(1),
  profile: word,
  jwk: z.strictObject({ crv: z.literal("Ed25519"), kty: z.literal("OKP"), x: z.string() }),
});

/**
 * The request code of a platform: a compact JWS over product and public key, signed by that key. One line
 * without a line end; the same key and profile always give the same text.
 */
export function requestCodeOf(key: PlatformKey, profile: string): Promise<string> {
  const payload = { ver: 1, profile, jwk: publicJwkOf(key.publicKeyX) };
  return signCompactJws(
    { keyId: key.thumbprint, privateKey: key.privateKey },
    "license-request+jwt",
    payload,
  );
}

/** Platform id: first 10 lower-case hex digits of the MD5 of the request code's exact bytes (AP-2). A label. */
export function platformIdOf(requestCode: string): string {
  return createHash("md5").update(requestCode, "utf8").digest("hex").slice(0, 10);
}

/**
 * Reads a request code that somebody sent, and checks that the key in it signed it.
 *
 * @param text the request code; white space around it is tolerated.
 * @returns `undefined`: it is none, or damaged.
 */
export async function parseRequestCode(text: string): Promise<RequestCode | undefined> {
  const read = readCompactJws(text.trim(), "license-request+jwt");
  if ("fault" in read) return undefined;
  const json = readStrictJson(read.jws.payload);
  const payload = payloadSchema.safeParse("value" in json ? json.value : undefined);
  if (!payload.success) return undefined;
  const { profile, jwk } = payload.data;
  const publicKey = await importPublicKey(jwk.x);
  if (publicKey === undefined || !(await isSignedBy(read.jws, publicKey))) return undefined;
  const thumbprint = await thumbprintOf(jwk.x);
  return read.jws.keyId === thumbprint ? { profile, thumbprint } : undefined;
}
