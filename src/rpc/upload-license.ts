import {
  type UploadedLicense,
  type UploadLicenseRequest,
  type UploadLicenseResponse,
  UploadOutcome,
} from "@license-service/contract";
import type { Evaluation } from "../domain/evaluation.ts";
import { installPackage } from "../licensing/install-package.ts";
import type { LicensingContext } from "../licensing/licensing-context.ts";
import type { InstalledFile } from "../licensing/plan-package.ts";
import type { UnaryHandler } from "./handler.ts";
import { toChanges } from "./messages/changes.ts";
import { toLicense } from "./messages/license.ts";

/** Installs a license or a package of licenses, all or nothing; `validate_only` answers what would change. */
export function createUploadLicense(
  licensing: LicensingContext,
): UnaryHandler<UploadLicenseRequest, UploadLicenseResponse> {
  return async (request, { log, identity }) => {
    const installed = await installPackage(licensing, request.package, request.validateOnly);
    const { revision, files, displacedIds, consequences } = installed;
    const uploaded = files.map(({ license, outcome }) => ({ id: license.id, outcome }));
    const { validateOnly } = request;
    log.info({ identityId: identity.id, uploaded, revision: `${revision.revision}`, validateOnly }, "upload");
    return {
      revision: { ...revision },
      validateOnly,
      licenses: files.map((file) => toUploaded(file, consequences.after)),
      ...toChanges(consequences),
      replacedLicenseIds: [...consequences.difference.replacedLicenseIds, ...displacedIds].sort(),
    };
  };
}

function toUploaded(
  { fileName, license: { id, item }, outcome }: InstalledFile,
  after: Evaluation,
): UploadedLicense {
  const standing = after.licenses.find(({ license }) => license.id === id);
  const inForce = after.licenses.findLast(
    ({ license, status }) => license.item === item && status === "VALID",
  );
  return {
    fileName,
    outcome: UploadOutcome[outcome],
    license: standing && toLicense(standing, after),
    inForceLicenseId: inForce?.license.id ?? "",
  };
}
