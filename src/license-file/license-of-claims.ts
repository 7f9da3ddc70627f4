import type { Binding, Instant, License } from "../domain/license.ts";
import { hashedUuid } from "../hashed-uuid.ts";
import type { LicenseClaims } from "./claims.ts";

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
    binding: bindingOf(claims.sub),
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

function bindingOf(subject: string): Binding {
  if (!subject.startsWith(USB_SUBJECT)) return { method: "request-code" };
  return { method: "usb-key", keyId: subject.slice(USB_SUBJECT.length) };
}

function instantOf(seconds: number): Instant {
  return seconds * 1000;
}
