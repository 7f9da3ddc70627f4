/** A vendor for tests: a key pair in memory, and licenses signed with it. */
import { generateKeyPairSync } from "node:crypto";
import { type CryptoKey, importPKCS8 } from "jose";
import type { Authority } from "../../src/license-file/authority.ts";
import { signCompactJws } from "../../src/license-file/compact-jws.ts";
import { importPublicKey, thumbprintOf } from "../../src/license-file/ed25519-key.ts";
import { issueLicense, type LicenseRequest } from "../../src/license-file/issue-license.ts";
import type { TrustStore } from "../../src/license-file/trust-store.ts";
import type { PlatformKey } from "../../src/platform/platform-key.ts";

/** A vendor who is trusted by {@link TestVendor.trust}. */
export interface TestVendor {
  readonly authority: Authority;
  /** A trust store that holds this vendor, as in production mode unless made otherwise. */
  readonly trust: TrustStore;
}

/** The day of issue of licenses, unless a test says otherwise: 2026-01-01T00:00:00Z. */
export const ISSUED_AT = Date.UTC(2026, 0, 1);

/** How to make a {@link TestVendor}. */
export interface TestVendorOptions {
  /** Default: "vendor-1". */
  readonly keyId?: string;
  /** Default: "Example Vendor". */
  readonly issuer?: string;
  /** Default: 1970. */
  readonly notBefore?: number;
  /** Default: no end. */
  readonly notAfter?: number;
  /** Development mode. Default: false. */
  readonly isTestVendorTrusted?: boolean;
  /** Private key, PKCS #8 PEM. Default: a new one. */
  readonly pem?: string;
}

/** Makes a vendor with a new key. */
export async function createTestVendor(options: TestVendorOptions = {}): Promise<TestVendor> {
  const { keyId = "vendor-1", issuer = "Example Vendor", notBefore = 0, notAfter } = options;
  const { privateKey, publicKeyX, publicKey } = await createKeyPair(options.pem);
  const authority = { keyId, issuer, privateKey, publicKeyX, notBefore, notAfter };
  const anchor = { keyId, issuer, publicKey, notBefore, notAfter };
  const isTestVendorTrusted = options.isTestVendorTrusted ?? false;
  return { authority, trust: { anchors: new Map([[keyId, anchor]]), isTestVendorTrusted } };
}

/** Makes a platform key without a file. */
export async function createTestPlatformKey(pem?: string): Promise<PlatformKey> {
  const { privateKey, publicKeyX } = await createKeyPair(pem);
  return { privateKey, publicKeyX, thumbprint: await thumbprintOf(publicKeyX) };
}

/** Claims of a zstack-cloud enterprise license of 2026 with 64 CPUs, for one platform. */
export function claimsFor(thumbprint: string, overrides: Partial<LicenseRequest> = {}): LicenseRequest {
  return {
    iat: ISSUED_AT / 1000,
    exp: Date.UTC(2027, 0, 1) / 1000,
    sub: `request:${thumbprint}`,
    profile: "zstack-cloud",
    item: "base",
    edition: "enterprise",
    term: "paid",
    quotas: { cpus: 64 },
    customer: "Example Customer",
    ...overrides,
  };
}

/** Issues a license with {@link claimsFor}. An override that is `undefined` takes the claim away. */
export function issue(
  vendor: TestVendor,
  thumbprint: string,
  overrides: { readonly [K in keyof LicenseRequest]?: LicenseRequest[K] | undefined } = {},
): Promise<string> {
  const stated = Object.entries({ ...claimsFor(thumbprint), ...overrides }).filter(
    ([, value]) => value !== undefined,
  );
  return issueLicense(vendor.authority, Object.fromEntries(stated) as LicenseRequest, ISSUED_AT);
}

/** Signs any payload as a license: also what no vendor would sign. */
export function signAsLicense(
  vendor: TestVendor,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  return signCompactJws(vendor.authority, "license+jwt", payload);
}

async function createKeyPair(
  pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
): Promise<{ privateKey: CryptoKey; publicKeyX: string; publicKey: CryptoKey }> {
  const extractable = await importPKCS8(pem, "EdDSA", { extractable: true });
  const x = (await crypto.subtle.exportKey("jwk", extractable)).x ?? "";
  const publicKey = await importPublicKey(x);
  if (publicKey === undefined) throw new Error("The key made for a test is not sound.");
  return { privateKey: await importPKCS8(pem, "EdDSA"), publicKeyX: x, publicKey };
}
