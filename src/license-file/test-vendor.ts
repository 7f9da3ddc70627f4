import type { Instant } from "../domain/license.ts";
import { type Authority, hasAuthority, initAuthority, openAuthority } from "./authority.ts";

/** Directory of the test vendor within a data directory; development mode only. */
export const TEST_VENDOR_DIRECTORY = "test-vendor";

/** Development servers run at any instant, so the test vendor's key is always valid. */
const ALWAYS: Instant = 0;

/**
 * The test vendor of a development server: made at the first start in `directory`, the same ever after.
 * Give the directory to `loadTrustStore` as `testVendorDirectory`; never in production mode.
 *
 * @throws AuthorityError: the directory cannot be written, or its files are damaged.
 */
export async function ensureTestVendor(directory: string): Promise<Authority> {
  if (await hasAuthority(directory)) return openAuthority(directory);
  try {
    return await initAuthority({ directory, issuer: "Test Vendor", isTest: true, notBefore: ALWAYS });
  } catch (error) {
    // Another process was faster, or there is a real problem.
    if (await hasAuthority(directory)) return openAuthority(directory);
    throw error;
  }
}
