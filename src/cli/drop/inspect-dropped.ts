import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Refusal } from "../../domain/refusal.ts";
import { inspectPackage } from "../../license-file/inspect-package.ts";
import { PRODUCT_TRUST_DIRECTORY } from "../../license-file/product-trust.ts";
import { readPackage } from "../../license-file/read-package.ts";
import { refuse } from "../../license-file/refusals.ts";
import { TEST_VENDOR_DIRECTORY } from "../../license-file/test-vendor.ts";
import { loadTrustStore } from "../../license-file/trust-store.ts";
import { asVendor } from "../authority/vendor.ts";
import { readOfflineRequestCode } from "../offline/request-code-file.ts";

/** Far more than a server takes by default, which alone judges by its own limits. */
const LIMITS = { maxPackageBytes: 8 * 1024 * 1024 };

/**
 * What a server would say against the bytes of a package, as far as that can be told without one: its form,
 * and, where this product holds keys of vendors, signatures, product and platform. Licenses of a test vendor
 * in the data directory count as signed.
 */
export async function inspectDropped(bytes: Uint8Array, directory: string): Promise<readonly Refusal[]> {
  const testVendor = join(directory, TEST_VENDOR_DIRECTORY);
  const hasTestVendor = await stat(testVendor).catch(() => undefined);
  const trust = await asVendor(() =>
    loadTrustStore({
      trustDirectory: PRODUCT_TRUST_DIRECTORY,
      testVendorDirectory: hasTestVendor && testVendor,
    }),
  );
  if (trust.anchors.size === 0) return inspectForm(bytes);
  const expected = await readOfflineRequestCode(directory);
  return (await readPackage(bytes, trust, expected, LIMITS)).refusals;
}

async function inspectForm(bytes: Uint8Array): Promise<readonly Refusal[]> {
  const files = await inspectPackage(bytes, undefined, LIMITS);
  return files.flatMap(({ refusal, header, claims, fileName }) => {
    if (refusal !== undefined) return refusal;
    if (header !== undefined && claims !== undefined) return [];
    return { ...refuse("NOT_A_LICENSE", "This file is not a license."), fileName };
  });
}
