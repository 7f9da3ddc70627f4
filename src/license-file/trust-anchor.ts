import type { CryptoKey } from "jose";
import { z } from "zod";
import type { Instant } from "../domain/license.ts";
import { plainText } from "./claim-values.ts";
import { importPublicKey } from "./ed25519-key.ts";

/** Key ids that begin so belong to test vendors, whose licenses count in development mode only (threat 9). */
export const TEST_KEY_ID_PREFIX = "test-";

/** A vendor's public key, with what it may sign. */
export interface TrustAnchor {
  readonly keyId: string;
  readonly issuer: string;
  readonly publicKey: CryptoKey;
  /** The first issue instant (claim `iat`) that the key may sign. */
  readonly notBefore: Instant;
  /** The first issue instant that it may no longer sign; `undefined`: no end. */
  readonly notAfter: Instant | undefined;
}

const instantText = z.iso.datetime({ error: 'must be an instant in UTC like "2026-01-31T00:00:00Z"' });

/** A key id: part of a file name and of every license. */
export const keyIdSchema = z.string({ error: "must be a text" }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
  error: "must be 1 to 64 letters, digits, dots, hyphens, underscores",
});

const keySchema = z
  .strictObject({
    kid: keyIdSchema,
    kty: z.literal("OKP"),
    crv: z.literal("Ed25519"),
    x: z.string(),
    purpose: z.literal("license"),
    not_before: instantText,
    not_after: instantText.optional(),
  })
  .refine((key) => key.not_after === undefined || Date.parse(key.not_after) > Date.parse(key.not_before), {
    path: ["not_after"],
    error: "must be after not_before",
  });

const anchorFileSchema = z.strictObject({ issuer: plainText(200), keys: z.array(keySchema).min(1).max(64) });

/** Content of an anchor file: one vendor and its public keys. */
export type AnchorFile = z.infer<typeof anchorFileSchema>;

/**
 * Reads an anchor file.
 *
 * @param text content of the file.
 * @throws Error whose message says what is wrong with the file.
 */
export function parseAnchorFile(text: string): AnchorFile {
  const result = anchorFileSchema.safeParse(parseJson(text));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new Error(`${issue?.path.join(".") || "the file"}: ${issue?.message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error("it is not JSON", { cause });
  }
}

/** @throws Error when a key is malformed or of small order. */
export function anchorsOf(file: AnchorFile): Promise<TrustAnchor[]> {
  return Promise.all(file.keys.map((key) => anchorOf(file.issuer, key)));
}

async function anchorOf(issuer: string, key: AnchorFile["keys"][number]): Promise<TrustAnchor> {
  const publicKey = await importPublicKey(key.x);
  if (publicKey === undefined) throw new Error(`key ${key.kid}: x is not a sound Ed25519 public key`);
  const notAfter = key.not_after === undefined ? undefined : Date.parse(key.not_after);
  return { keyId: key.kid, issuer, publicKey, notBefore: Date.parse(key.not_before), notAfter };
}

/** Whether the key may sign a license issued at `at`: from `notBefore` on, until before `notAfter`. */
export function isValidAt(anchor: Pick<TrustAnchor, "notBefore" | "notAfter">, at: Instant): boolean {
  return anchor.notBefore <= at && (anchor.notAfter === undefined || at < anchor.notAfter);
}
