/**
 * Base64url read strictly (LI-1): no padding, no other alphabet, no white space, no stray bits in the last
 * character. Libraries take all of these, so that many texts would stand for the same bytes.
 *
 * @returns the bytes, or `undefined` when the text is not the one canonical encoding of them.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
