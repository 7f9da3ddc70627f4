import type { License } from "../../domain/license.ts";
import type { RefusalReason } from "../../domain/refusal.ts";
import type { DeviceProblem } from "../../domain/usb/sights.ts";
import { isSameKey, type UsbKeyName } from "../../domain/usb/usb-facts.ts";
import type { PackageReading } from "../../license-file/read-package.ts";

/** What is against the licenses on a key (UK-ID-2). */
export interface LicenseProblem {
  readonly problem: DeviceProblem;
  /** With LICENSE_REFUSED: the reason of the first refusal. */
  readonly reason: RefusalReason | undefined;
}

/**
 * Judges what lies on a key. Licenses for its id but another key pair make it a copy, whatever else there is.
 *
 * @returns `undefined`: nothing is against it, or nothing lies on it.
 */
export function licenseProblemOf(
  { files, refusals }: PackageReading,
  key: UsbKeyName,
): LicenseProblem | undefined {
  const licenses = files.map(({ license }) => license);
  if (licenses.some((license) => isForCopied(license, key))) return { problem: "COPY", reason: undefined };
  const reason = refusals[0]?.reason ?? mismatchOf(licenses, key);
  return reason === undefined ? undefined : { problem: "LICENSE_REFUSED", reason };
}

function isForCopied({ binding }: License, key: UsbKeyName): boolean {
  return binding.method === "usb-key" && binding.keyId === key.keyId && !isSameKey(binding, key);
}

function mismatchOf(licenses: readonly License[], key: UsbKeyName): RefusalReason | undefined {
  const isForKey = ({ binding }: License) => binding.method === "usb-key" && isSameKey(binding, key);
  return licenses.every(isForKey) ? undefined : "USB_KEY_MISMATCH";
}
