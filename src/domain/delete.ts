import type { PlatformInput } from "./facts.ts";
import { type InstalledLicense, type Instant, isCarriedAt } from "./license.ts";
import type { Profile } from "./profile.ts";
import type { Refusal } from "./refusal.ts";
import { carry } from "./usb/carry.ts";
import { NO_USB_KEYS } from "./usb/usb-facts.ts";

/** What to delete: one license, or all request-code licenses of an item (LI-7). */
export type DeletionTarget = { readonly licenseId: string } | { readonly item: string };

/** The licenses to delete, ascending by upload sequence, or why there are none. */
export type DeletionPlan = { readonly refusal: Refusal } | { readonly licenses: readonly InstalledLicense[] };

/**
 * Decides a deletion by LI-7, all or nothing. Deleting the last base is allowed; its modules stay, with
 * BASE_MISSING. What a USB key gives, or its buffer, stays as long as it does (ZC-AM-3). Where the product has
 * terms that cannot be deleted, one such license refuses it.
 *
 * @param platform what is installed, and what USB keys give now
 */
export function planDeletion(
  profile: Profile,
  platform: Pick<PlatformInput, "licenses" | "facts">,
  target: DeletionTarget,
  at: Instant,
): DeletionPlan {
  const plan =
    "licenseId" in target
      ? planById(platform, target.licenseId, at)
      : planByItem(platform.licenses, target.item);
  if ("refusal" in plan) return plan;
  const kept = plan.licenses.find(({ term }) => !profile.deletableTerms.includes(term));
  return kept === undefined ? plan : notUninstallable(kept);
}

function planById(
  { licenses, facts }: Pick<PlatformInput, "licenses" | "facts">,
  licenseId: string,
  at: Instant,
): DeletionPlan {
  const license = licenses.find(({ id }) => id === licenseId);
  if (license === undefined)
    return notFound("No license with this id is installed; see `licensectl info` for those that are.");
  const { binding } = license;
  if (binding.method === "request-code") return { licenses: [license] };
  const isGiven = isCarriedAt(carry(license, facts.usb ?? NO_USB_KEYS), at);
  return isGiven ? givenByKey(license.id, binding.keyId) : { licenses: [license] };
}

function planByItem(installed: readonly InstalledLicense[], item: string): DeletionPlan {
  const ofItem = installed.filter((license) => license.item === item);
  if (ofItem.length === 0)
    return notFound("No license of this item is installed; see `licensectl info` for those that are.");
  const licenses = ofItem.filter(({ binding }) => binding.method === "request-code");
  if (licenses.length > 0)
    return { licenses: licenses.toSorted((a, b) => a.uploadSequence - b.uploadSequence) };
  return usbLicense(
    "The licenses of this item are bound to USB keys; nothing was deleted. Remove the key, and once its buffer is over delete each license by its id.",
  );
}

function givenByKey(licenseId: string, keyId: string): DeletionPlan {
  return usbLicense(
    `License ${licenseId} stays installed: the USB key ${keyId} gives it, or its buffer does; nothing was deleted. Remove the key, and delete the license once the buffer is over.`,
  );
}

function usbLicense(message: string): DeletionPlan {
  return { refusal: { reason: "USB_LICENSE", message } };
}

function notFound(message: string): DeletionPlan {
  return { refusal: { reason: "NOT_FOUND", message } };
}

/** A temporary license stays to its end (US-TE-2); a lasting one leaves with a receipt only (US-CO-2). */
function notUninstallable({ id, term }: InstalledLicense): DeletionPlan {
  const why =
    term === "temporary"
      ? "a temporary license cannot be uninstalled; it ends by itself"
      : "it can only be uninstalled with a receipt for the vendor, and this version of the service makes none";
  const message = `License ${id} (${term}) stays installed: ${why}. Nothing was deleted.`;
  return { refusal: { reason: "NOT_UNINSTALLABLE", message } };
}
