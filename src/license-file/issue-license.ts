import { randomUUID } from "node:crypto";
import type { Instant } from "../domain/license.ts";
import type { Authority } from "./authority.ts";
import { AuthorityError } from "./authority-error.ts";
import { type LicenseClaims, readClaims, SCHEMA_VERSION } from "./claims.ts";
import { signCompactJws } from "./compact-jws.ts";
import { isValidAt } from "./trust-anchor.ts";

/**
 * Claims of a license to be issued, named as they are signed. `ver` and `iss` are the authority's; `jti`
 * is a fresh UUID and `iat` the instant of issue unless given.
 */
export type LicenseRequest = Omit<LicenseClaims, "ver" | "iss" | "jti" | "iat"> &
  Partial<Pick<LicenseClaims, "jti" | "iat">>;

/**
 * Signs a license.
 *
 * @param now the instant of issue, when `request.iat` is not given.
 * @returns a compact JWS, without a line end. The same claims give the same text.
 * @throws AuthorityError: a claim is missing, wrong or unknown, the license ends at or before its start, the
 *   vendor's key may not sign at that instant.
 */
export async function issueLicense(
  authority: Authority,
  request: LicenseRequest,
  now: Instant,
): Promise<string> {
  const defaults = {
    ver: SCHEMA_VERSION,
    iss: authority.issuer,
    jti: randomUUID(),
    iat: Math.floor(now / 1000),
  };
  const stated = Object.entries(request).filter(([, value]) => value !== undefined);
  const read = readClaims({ ...defaults, ...Object.fromEntries(stated) }, { isStrict: true });
  if ("refusal" in read) throw new AuthorityError(read.refusal.message);
  checkInstants(authority, read.claims);
  return signCompactJws(authority, "license+jwt", read.claims);
}

function checkInstants(authority: Authority, claims: LicenseClaims): void {
  const startsAt = claims.nbf ?? claims.iat;
  if (claims.exp !== undefined && claims.exp <= startsAt) {
    throw new AuthorityError("The license ends at or before its start.");
  }
  if (!isValidAt(authority, claims.iat * 1000)) {
    throw new AuthorityError(`The key ${authority.keyId} may not sign a license of that day of issue.`);
  }
}
