import type { InstalledLicense } from "./license.ts";
import type { Profile } from "./profile.ts";
import type { Refusal } from "./refusal.ts";

/** What to delete: one license, or all request-code licenses of an item (LI-7). */
export type DeletionTarget = { readonly licenseId: string } | { readonly item: string };

/** The licenses to delete, ascending by upload sequence, or why there are none. */
export type DeletionPlan = { readonly refusal: Refusal } | { readonly licenses: readonly InstalledLicense[] };

/**
 * Decides a deletion by LI-7, all or nothing. Deleting the last base is allowed; its modules stay, with
 * BASE_MISSING. Where the product has terms that cannot be deleted, one such license refuses it.
 */
export function planDeletion(
  profile: Profile,
  installed: readonly InstalledLicense[],
  target: DeletionTarget,
): DeletionPlan {
  const plan =
    "licenseId" in target ? planById(installed, target.licenseId) : planByItem(installed, target.item);
  if ("refusal" in plan) return plan;
  const kept = plan.licenses.find(({ term }) => !profile.deletableTerms.includes(term));
  return kept === undefined ? plan : notUninstallable(kept);
}

function planById(installed: readonly InstalledLicense[], licenseId: string): DeletionPlan {
  const license = installed.find(({ id }) => id === licenseId);
  if (license === undefined)
    return notFound("No license with this id is installed; see `licensectl info` for those that are.");
  return { licenses: [license] };
}

function planByItem(installed: readonly InstalledLicense[], item: string): DeletionPlan {
  const ofItem = installed.filter((license) => license.item === item);
  if (ofItem.length === 0)
    return notFound("No license of this item is installed; see `licensectl info` for those that are.");
  const licenses = ofItem.filter(({ binding }) => binding.method === "request-code");
  if (licenses.length > 0)
    return { licenses: licenses.toSorted((a, b) => a.uploadSequence - b.uploadSequence) };
  const message =
    "The licenses of this item are on a USB key and go with it; delete one by its id, or remove the key.";
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
