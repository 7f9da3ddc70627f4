/** Tokens are `lst_` and 32 random bytes in base64url. Only their SHA-256 is kept. */
import { hash, randomBytes } from "node:crypto";

/** A token as its owner writes it. */
export const TOKEN_PATTERN = /^lst_[A-Za-z0-9_-]{43}$/;

/** A new token; the only moment at which it is known in full. */
export function createToken(): string {
  return `lst_${randomBytes(32).toString("base64url")}`;
}

/**
 * What is kept of a token: its SHA-256, lower-case hex. Fast on purpose: 256 random bits need no slow
 * hash, and this runs with every call.
 */
export function hashToken(token: string): string {
  return hash("sha256", token, "hex");
}
