/** Words that explanations share. */
import { describeItem } from "./describe-item.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import { isUpgrade } from "./upgrades.ts";

/** "license id-1 (base standard, paid)". */
export function naming(license: InstalledLicense | undefined): string {
  return license === undefined
    ? "the license"
    : `license ${license.id} (${describeItem(license)}, ${isUpgrade(license) ? "upgrade" : license.term})`;
}

/** " at 2026-01-31T00:00:00.000Z"; empty: it is not known. */
export function atInstant(at: Instant | undefined): string {
  return at === undefined ? "" : ` at ${new Date(at).toISOString()}`;
}

/** What to do to get a license. */
export const APPLY = "send the request code to the vendor and upload the license that comes back";
