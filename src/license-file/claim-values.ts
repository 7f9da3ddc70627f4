/** What a single claim may hold. Each is one zod schema whose message finishes the sentence "the claim … must be". */
import { z } from "zod";
import { isSoundPublicKey } from "./ed25519-key.ts";

/** Last second of the year 9999: the last that every reader of dates can show. */
export const MAX_NUMERIC_DATE = 253_402_300_799;

/** Line breaks, terminal controls, right-to-left marks, private and lone characters: nothing that a name needs. */
const NOT_IN_TEXT = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Bidi_Control}]/u;

const WORD = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

const SUBJECT = /^(?:request:[A-Za-z0-9_-]{43}|usb:[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/;

/** Most units that one license may name. */
const MAX_UNITS = 16;

/** A date: whole seconds since 1970 (JWT NumericDate), years 1970 to 9999. */
export const numericDate = z
  .int({ error: "a whole number of seconds since 1970" })
  .min(0, { error: "not before 1970" })
  .max(MAX_NUMERIC_DATE, { error: "not after the year 9999" });

/** A text for people: not blank, at most `maxLength` UTF-16 units, no control or direction characters. */
export function plainText(maxLength: number) {
  return z.custom<string>((value) => isPlainText(value, maxLength), {
    error: `a text of 1 to ${maxLength} characters, without control characters`,
  });
}

function isPlainText(value: unknown, maxLength: number): boolean {
  if (typeof value !== "string" || value.length > maxLength || value.trim() === "") return false;
  return value.isWellFormed() && !NOT_IN_TEXT.test(value);
}

/** A name of the product profile: lower-case letters, digits and inner hyphens, at most 64. */
export const word = z.custom<string>((value) => typeof value === "string" && WORD.test(value), {
  error: "a name of lower-case letters, digits and hyphens, at most 64",
});

/** What the license is bound to: `request:<thumbprint>` or `usb:<key id>`. */
export const subject = z.custom<string>((value) => typeof value === "string" && SUBJECT.test(value), {
  error: "request:<thumbprint of the platform key> or usb:<key id>",
});

const quota = z
  .int({ error: "a whole number" })
  .min(1, { error: "1 or more" })
  .max(Number.MAX_SAFE_INTEGER, { error: "at most 2^53 - 1" });

/** Amounts by unit, for example `{"cpus": 64}`. */
export const quotas = z
  .record(word, quota, { error: "an object of amounts by unit" })
  .refine((value) => Object.keys(value).length <= MAX_UNITS, { error: `at most ${MAX_UNITS} units` });

const coordinate = z.custom<string>(
  (value) => typeof value === "string" && /^[A-Za-z0-9_-]{43}$/.test(value),
  {
    error: "32 bytes in base64url",
  },
);

const ed25519Jwk = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519"),
  x: coordinate.refine(isSoundPublicKey, { error: "a public key" }),
});

/** Smart cards of the PIV kind hold keys of this curve. */
const p256Jwk = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
});

/** The public key of a USB key, as RFC 7800 writes it. */
export const confirmation = z.strictObject(
  {
    jwk: z.discriminatedUnion("kty", [ed25519Jwk, p256Jwk], {
      error: "a public key as JWK (Ed25519 or P-256)",
    }),
  },
  { error: "an object with the member jwk" },
);
