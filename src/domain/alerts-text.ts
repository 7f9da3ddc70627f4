/** Words that alerts share. */
import { describeItem } from "./describe-item.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import { isBase, type Profile } from "./profile.ts";
import { firstToRun } from "./standing.ts";

const APPLY = "send the request code to the vendor and upload the license that comes back";

/** An instant in a sentence. */
export function instantText(at: Instant): string {
  return new Date(at).toISOString();
}

/** What to do about the end of an item; a license that is to come is named (LI-4). */
export function renewalOf(
  profile: Profile,
  licenses: readonly InstalledLicense[],
  item: string,
  at: Instant,
): string {
  const coming = firstToRun(
    licenses.filter((license) => license.item === item),
    at,
  );
  if (coming === undefined) {
    if (isBase(profile, item)) return `Renew the license of ${item}: ${APPLY}.`;
    return `Renew the module ${item}: ${APPLY}; or delete its license when it is needed no more.`;
  }
  return `License ${coming.id} (${describeItem(coming)}) is installed and counts from ${instantText(coming.startsAt)} without any action; to have it sooner, ${APPLY}.`;
}

/** What to do about the end of after-sales service. */
export function renewalOfService(): string {
  return `Renew the after-sales service: ${APPLY}.`;
}
