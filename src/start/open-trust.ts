import { join } from "node:path";
import type { Config } from "../config.ts";
import { StartupError } from "../errors.ts";
import { AuthorityError } from "../license-file/authority-error.ts";
import { PRODUCT_TRUST_DIRECTORY } from "../license-file/product-trust.ts";
import { ensureTestVendor, TEST_VENDOR_DIRECTORY } from "../license-file/test-vendor.ts";
import { loadTrustStore, type TrustStore } from "../license-file/trust-store.ts";
import type { Logger } from "../log.ts";

/**
 * The vendors that are believed: those of the package, and in development mode a test vendor (threat 9).
 *
 * @throws StartupError
 */
export async function openTrust(config: Config, dataDirectory: string, log: Logger): Promise<TrustStore> {
  const testVendorDirectory = config.isDevelopment ? join(dataDirectory, TEST_VENDOR_DIRECTORY) : undefined;
  if (testVendorDirectory !== undefined) {
    await ensureTestVendor(testVendorDirectory).catch((error: unknown) => {
      throw error instanceof AuthorityError ? new StartupError("dataDirectory", error.message) : error;
    });
    log.warn(
      { testVendorDirectory },
      "DEVELOPMENT MODE: licenses of the test vendor in this directory are believed",
    );
  }
  const trust = await loadTrustStore({ trustDirectory: PRODUCT_TRUST_DIRECTORY, testVendorDirectory });
  if (trust.anchors.size === 0) {
    log.warn("this package holds no vendor key: no license can be verified, every upload will be refused");
  }
  return trust;
}
