import type { DeleteLicenseRequest, DeleteLicenseResponse } from "@license-service/contract";
import type { DeletionTarget } from "../domain/delete.ts";
import { deleteLicenses } from "../licensing/delete-licenses.ts";
import type { LicensingContext } from "../licensing/licensing-context.ts";
import type { UnaryHandler } from "./handler.ts";
import { toChanges } from "./messages/changes.ts";
import { invalidRequest } from "./messages/instants.ts";

/** Removes one license, or all request-code licenses of an item (LI-7); `validate_only` answers what would change. */
export function createDeleteLicense(
  licensing: LicensingContext,
): UnaryHandler<DeleteLicenseRequest, DeleteLicenseResponse> {
  return async (request, { log, identity }) => {
    const { validateOnly } = request;
    const { revision, licenseIds, consequences } = await deleteLicenses(
      licensing,
      targetOf(request),
      validateOnly,
    );
    log.info(
      { identityId: identity.id, deleted: licenseIds, revision: `${revision.revision}`, validateOnly },
      "deletion",
    );
    return {
      revision: { ...revision },
      validateOnly,
      deletedLicenseIds: [...licenseIds],
      ...toChanges(consequences),
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
