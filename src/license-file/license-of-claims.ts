import type { Binding, Instant, License } from "../domain/license.ts";
import { hashedUuid } from "../hashed-uuid.ts";
import type { LicenseClaims } from "./claims.ts";
import { jwkThumbprint } from "./jwk-thumbprint.ts";

const USB_SUBJECT = "usb:";

/** The license that the claims of a signed text describe. A claim that is absent becomes an empty text. */
export function licenseOfClaims(claims: LicenseClaims, signedBytes: string): License {
  return {
    id: licenseIdOf(signedBytes),
    issuer: claims.iss,
    jti: claims.jti,
    profile: claims.profile,
    item: claims.item,
    edition: claims.edition,
    term: claims.term,
    fromEdition: claims.from_edition,
    binding: bindingOf(claims),
    issuedAt: instantOf(claims.iat),
    startsAt: instantOf(claims.nbf ?? claims.iat),
    endsAt: claims.exp === undefined ? undefined : instantOf(claims.exp),
    quotas: new Map(Object.entries(claims.quotas ?? {}).map(([unit, amount]) => [unit, BigInt(amount)])),
    serviceEndsAt: claims.service_end === undefined ? undefined : instantOf(claims.service_end),
    customer: claims.customer,
    productName: claims.product_name ?? "",
    contractNumber: claims.contract_number ?? "",
    authorizationCode: claims.authorization_code ?? "",
  };
}

/**
 * The id of a license: the first 16 bytes of the SHA-256 of its exact text, laid out as a UUID of version 8
 * (RFC 9562). Signature included: the same bytes are the same license, other bytes are another.
 */
export function licenseIdOf(signedBytes: string): string {
  return hashedUuid(signedBytes);
}

/** Claims for a USB key always hold its public key. */
function bindingOf({ sub, cnf }: LicenseClaims): Binding {
  if (!sub.startsWith(USB_SUBJECT) || cnf === undefined) return { method: "request-code" };
  return {
    method: "usb-key",
    keyId: sub.slice(USB_SUBJECT.length),
    thumbprint: jwkThumbprint(cnf.jwk),
  };
}

function instantOf(seconds: number): Instant {
  return seconds * 1000;
}
