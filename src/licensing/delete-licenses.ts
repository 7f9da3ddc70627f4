import { type DeletionTarget, planDeletion } from "../domain/delete.ts";
import type { Instant } from "../domain/license.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import type { Revision } from "../store/types.ts";
import { type Consequences, consequencesOf } from "./consequences.ts";
import { changeLicenses, type LicensingContext } from "./licensing-context.ts";
import { refused } from "./refused.ts";

/** What a deletion came to, or would come to. */
export interface Deleted {
  /** The revision from which on it counts; of a dry run that of now. */
  readonly revision: Revision;
  /** Ascending. */
  readonly licenseIds: readonly string[];
  readonly consequences: Consequences;
}

/**
 * Deletes one license, or all request-code licenses of an item (LI-7). A license that does not verify
 * can be deleted by its id. A dry run answers the same, and leaves out the writing at the very end.
 *
 * @throws ServiceError NOT_FOUND, USB_LICENSE, NOT_UNINSTALLABLE, DATABASE_UNAVAILABLE
 */
export async function deleteLicenses(
  context: LicensingContext,
  target: DeletionTarget,
  isDryRun: boolean,
): Promise<Deleted> {
  const { result, revision } = await changeLicenses(context, async ({ tx, state, at }) => {
    const licenseIds = idsToDelete(state, target, at);
    if (!isDryRun) for (const id of licenseIds) await tx.deleteLicense(id, "deleted");
    const kept = state.licenses.filter(({ id }) => !licenseIds.includes(id));
    const consequences = consequencesOf(state.profile, state, { ...state, licenses: kept }, at);
    return { licenseIds, consequences };
  });
  return { ...result, revision };
}

function idsToDelete(state: LicenseState, target: DeletionTarget, at: Instant): readonly string[] {
  if ("licenseId" in target && state.unverified.some(({ stored }) => stored.id === target.licenseId)) {
    return [target.licenseId];
  }
  const plan = planDeletion(state.profile, state, target, at);
  if ("refusal" in plan) throw refused([plan.refusal]);
  return plan.licenses.map(({ id }) => id).sort();
}
