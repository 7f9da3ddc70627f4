/**
 * The verdict on one license: first the exact bytes, by a key of ours; then, and only then, what they say.
 */
import type { License } from "../domain/license.ts";
import type { Refusal } from "../domain/refusal.ts";
import { type LicenseClaims, readClaims } from "./claims.ts";
import { type CompactJws, isSignedBy, type JwsFault, readCompactJws } from "./compact-jws.ts";
import { licenseOfClaims } from "./license-of-claims.ts";
import { outsideText } from "./outside-text.ts";
import { refuse } from "./refusals.ts";
import { readStrictJson } from "./strict-json.ts";
import { isValidAt, type TrustAnchor } from "./trust-anchor.ts";
import { isTestKey, type TrustStore } from "./trust-store.ts";

/** The platform that licenses are judged for. */
export interface ExpectedPlatform {
  /** RFC 7638 thumbprint of the platform's public key. */
  readonly thumbprint: string;
  /** Name of the product profile that runs. */
  readonly profile: string;
}

/** A license, or the one reason why the text is none for this platform. */
export type LicenseVerdict = { readonly license: License } | { readonly refusal: Refusal };

/**
 * Verifies one license and reads it. Judges nothing that needs the profile's data or other licenses.
 *
 * @param signedBytes the exact text of the compact JWS, without a line end.
 * @returns never throws, whatever the text. Refusals: NOT_A_LICENSE, HEADER_NOT_ALLOWED, NO_TRUST_ANCHORS,
 *   TEST_VENDOR, UNKNOWN_VENDOR_KEY, SIGNATURE_INVALID, SCHEMA_VERSION_UNKNOWN, CLAIM_MISSING, CLAIM_INVALID,
 *   VENDOR_KEY_NOT_VALID, OTHER_PRODUCT, OTHER_PLATFORM; judged in this order.
 */
export async function verifyLicense(
  signedBytes: string,
  trust: TrustStore,
  expected: ExpectedPlatform,
): Promise<LicenseVerdict> {
  const verified = await verifyClaims(signedBytes, trust);
  if ("refusal" in verified) return verified;
  const refusal = judgeProduct(verified.claims, expected) ?? judgePlatform(verified.claims, expected);
  return refusal === undefined ? { license: licenseOfClaims(verified.claims, signedBytes) } : { refusal };
}

/**
 * The first half of {@link verifyLicense}: signature, form of the claims, the vendor's right to sign them,
 * for whatever platform they may be.
 */
export async function verifyClaims(
  signedBytes: string,
  trust: TrustStore,
): Promise<{ claims: LicenseClaims } | { refusal: Refusal }> {
  const read = readCompactJws(signedBytes, "license+jwt");
  if ("fault" in read) return { refusal: refuseJws(read.fault) };
  const anchor = trust.anchors.get(read.jws.keyId);
  if (anchor === undefined) return { refusal: refuseKey(read.jws.keyId, trust) };
  if (!(await isSignedBy(read.jws, anchor.publicKey))) return { refusal: SIGNATURE_REFUSAL };
  const parsed = parseClaims(read.jws);
  if ("refusal" in parsed) return parsed;
  const refusal = judgeVendor(parsed.claims, anchor);
  return refusal === undefined ? parsed : { refusal };
}

const SIGNATURE_REFUSAL = refuse(
  "SIGNATURE_INVALID",
  "The signature does not match the license: the file was damaged or changed. Download it again from the vendor.",
);

function refuseJws(fault: JwsFault): Refusal {
  if (fault.kind === "SHAPE") {
    return refuse(
      "NOT_A_LICENSE",
      `This file is not a license: ${fault.message}. Upload the file that the vendor sent.`,
    );
  }
  return refuse("HEADER_NOT_ALLOWED", `This file is not signed as a license: ${fault.message}.`);
}

function refuseKey(keyId: string, trust: TrustStore): Refusal {
  const name = outsideText(keyId, 64);
  if (isTestKey(keyId) && !trust.isTestVendorTrusted) {
    return refuse(
      "TEST_VENDOR",
      `A test vendor signed this license (key ${name}); it counts on a server in development mode only. ` +
        "Upload a license of the product's vendor.",
    );
  }
  if (trust.anchors.size === 0) {
    return refuse(
      "NO_TRUST_ANCHORS",
      "This build of the service holds no vendor key, so no license can be verified. Install the vendor's build.",
    );
  }
  return refuse(
    "UNKNOWN_VENDOR_KEY",
    `The license is signed with the key ${name}, which is none of this product's vendor. ` +
      "Check that the license is for this product; if it is, the service may need an update.",
  );
}

function parseClaims(jws: CompactJws): { claims: LicenseClaims } | { refusal: Refusal } {
  const json = readStrictJson(jws.payload);
  if ("value" in json) return readClaims(json.value);
  if (json.path === "") {
    return { refusal: refuse("NOT_A_LICENSE", `This file is not a license: of its payload, ${json.fault}.`) };
  }
  const message = `The claim ${outsideText(json.path, 60)} of the license ${json.fault}.`;
  return { refusal: refuse("CLAIM_INVALID", `${message} Ask the vendor for a corrected one.`, json.path) };
}

function judgeVendor(claims: LicenseClaims, anchor: TrustAnchor): Refusal | undefined {
  if (claims.iss !== anchor.issuer) {
    const message = `The license names an issuer to whom the key ${anchor.keyId} does not belong.`;
    return refuse("CLAIM_INVALID", message, "iss");
  }
  if (isValidAt(anchor, claims.iat * 1000)) return undefined;
  return refuse(
    "VENDOR_KEY_NOT_VALID",
    `The vendor's key ${anchor.keyId} was not valid on the day of issue that the license names. ` +
      "Ask the vendor for a license that is signed with a valid key.",
    "iat",
  );
}

function judgeProduct(claims: LicenseClaims, expected: ExpectedPlatform): Refusal | undefined {
  const claim = claims.profile !== expected.profile ? "profile" : "aud";
  const product = claims[claim];
  if (product === undefined || product === expected.profile) return undefined;
  return refuse(
    "OTHER_PRODUCT",
    `The license is for the product ${outsideText(product, 64)}; this platform is ${expected.profile}.`,
    claim,
  );
}

function judgePlatform(claims: LicenseClaims, expected: ExpectedPlatform): Refusal | undefined {
  if (claims.sub.startsWith("usb:") || claims.sub === `request:${expected.thumbprint}`) return undefined;
  return refuse(
    "OTHER_PLATFORM",
    "The license was made for the request code of another platform. " +
      "Send this platform's request code to the vendor and ask for a license for it.",
    "sub",
  );
}
