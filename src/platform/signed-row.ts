/** Rows of the database that carry rights but are no licenses are signed by the platform key (EV-8). */
import type { CryptoKey } from "jose";
import { z } from "zod";
import { isSignedBy, readCompactJws, signCompactJws } from "../license-file/compact-jws.ts";
import { importPublicKey, thumbprintOf } from "../license-file/ed25519-key.ts";
import { readStrictJson } from "../license-file/strict-json.ts";
import type { PlatformKey } from "./platform-key.ts";

/** What a signed row says. A row of one kind never verifies as another (threat 10). */
export type SignedRowKind = "first-start" | "upload-sequence" | "reacquisition" | "usb-state" | "usb-sight";

/** Facts of a row. Numbers are whole, at most 2^53 - 1. The name `ver` is taken: version of the row's form. */
export type SignedRowPayload = Readonly<Record<string, string | number>>;

const ROW_VERSION = 1;

const payloadSchema = z.looseObject({ ver: z.literal(ROW_VERSION) }).catchall(z.union([z.string(), z.int()]));

/** Signs a row. The same key, kind and payload (in the same order) give the same text. */
export function signRow(key: PlatformKey, kind: SignedRowKind, payload: SignedRowPayload): Promise<string> {
  const signer = { keyId: key.thumbprint, privateKey: key.privateKey };
  return signCompactJws(signer, `${kind}+jwt`, { ver: ROW_VERSION, ...payload });
}

/**
 * Verifies a row.
 *
 * @param publicKeyX the platform's public key, member `x` of its JWK.
 * @returns the facts that were signed; `undefined` when the row is not exactly one of this kind, signed by
 *   this key. Never throws, whatever the text.
 */
export async function verifyRow(
  publicKeyX: string,
  kind: SignedRowKind,
  text: string,
): Promise<SignedRowPayload | undefined> {
  const read = readCompactJws(text, `${kind}+jwt`);
  const key = await verificationKeyOf(publicKeyX);
  if ("fault" in read || key === undefined || read.jws.keyId !== key.thumbprint) return undefined;
  if (!(await isSignedBy(read.jws, key.publicKey))) return undefined;
  const json = readStrictJson(read.jws.payload);
  const payload = payloadSchema.safeParse("value" in json ? json.value : undefined);
  if (!payload.success) return undefined;
  const { ver: _version, ...facts } = payload.data;
  return facts;
}

interface VerificationKey {
  readonly publicKey: CryptoKey;
  readonly thumbprint: string;
}

/** A process verifies thousands of rows of one platform: importing the key costs more than verifying. */
let latestKey: { readonly x: string; readonly key: Promise<VerificationKey | undefined> } | undefined;

function verificationKeyOf(publicKeyX: string): Promise<VerificationKey | undefined> {
  if (latestKey?.x !== publicKeyX) latestKey = { x: publicKeyX, key: importVerificationKey(publicKeyX) };
  return latestKey.key;
}

async function importVerificationKey(publicKeyX: string): Promise<VerificationKey | undefined> {
  const publicKey = await importPublicKey(publicKeyX);
  return publicKey === undefined ? undefined : { publicKey, thumbprint: await thumbprintOf(publicKeyX) };
}
