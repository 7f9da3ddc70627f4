import { createHash } from "node:crypto";

/** A public key of a USB key, as licenses hold it. */
export type PublicJwk =
  | { readonly kty: "OKP"; readonly crv: "Ed25519"; readonly x: string }
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string };

/** RFC 7638 thumbprint (SHA-256, base64url, 43 characters) of a public key. */
export function jwkThumbprint(jwk: PublicJwk): string {
  const { crv, kty, x } = jwk;
  const members = kty === "EC" ? { crv, kty, x, y: jwk.y } : { crv, kty, x };
  return createHash("sha256").update(JSON.stringify(members)).digest("base64url");
}
