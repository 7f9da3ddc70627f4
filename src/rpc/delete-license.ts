import type { DeleteLicenseRequest, DeleteLicenseResponse } from "@license-service/contract";
import { compareEvaluations } from "../domain/compare.ts";
import type { DeletionTarget } from "../domain/delete.ts";
import { deleteLicenses } from "../licensing/delete-licenses.ts";
import type { LicensingContext } from "../licensing/licensing-context.ts";
import type { UnaryHandler } from "./handler.ts";
import { toCapabilityChange, toQuotaChange } from "./messages/capability.ts";
import { invalidRequest } from "./messages/instants.ts";

/** Removes one license, or all request-code licenses of an item (LI-7); `validate_only` answers what would change. */
export function createDeleteLicense(
  licensing: LicensingContext,
): UnaryHandler<DeleteLicenseRequest, DeleteLicenseResponse> {
  return async (request, { log, identity }) => {
    const { validateOnly } = request;
    const { revision, licenseIds, before, after } = await deleteLicenses(
      licensing,
      targetOf(request),
      validateOnly,
    );
    const difference = compareEvaluations(before, after);
    log.info(
      { identityId: identity.id, deleted: licenseIds, revision: `${revision.revision}`, validateOnly },
      "deletion",
    );
    return {
      revision: { ...revision },
      validateOnly,
      deletedLicenseIds: [...licenseIds],
      capabilityChanges: difference.capabilities.map(toCapabilityChange),
      quotaChanges: difference.quotas.map(toQuotaChange),
    };
  };
}

function targetOf({ licenseId, item }: DeleteLicenseRequest): DeletionTarget {
  if (licenseId) return { licenseId };
  if (item) return { item };
  throw invalidRequest(
    item === undefined ? "license_id" : "item",
    "is empty; name a license or an item to delete",
  );
}
