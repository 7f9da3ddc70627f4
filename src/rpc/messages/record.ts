import * as contract from "@license-service/contract";
import type { Evaluation } from "../../domain/evaluation.ts";
import { TERMS } from "../../domain/license.ts";
import type { LicenseState } from "../../snapshot/license-state.ts";
import type { LicenseRecordRow } from "../../store/types.ts";
import { toDate, toOptionalDate } from "./instants.ts";
import { toLicenseType, toMethod } from "./license.ts";

/** One line of the authorization history (ZV-RE-1, AP-3), its status by the evaluation of now. */
export function toRecord(
  row: LicenseRecordRow,
  state: LicenseState,
  evaluation: Evaluation,
): contract.LicenseRecord {
  const term = TERMS.find((known) => known === row.term);
  return {
    id: row.id,
    licenseId: row.licenseId,
    item: row.item,
    edition: row.edition ?? "",
    licenseType: term === undefined ? contract.LicenseType.UNSPECIFIED : toLicenseType(term),
    status: statusOf(row, evaluation),
    authorizationMethod: toMethod(row.method),
    managementType:
      row.nodeId === state.primaryNodeId
        ? contract.ManagementType.PRIMARY
        : contract.ManagementType.SECONDARY,
    issuedTime: toDate(row.issuedAt),
    startTime: toDate(row.startsAt),
    expireTime: toOptionalDate(row.endsAt),
    uploadTime: toDate(row.uploadedAt),
    user: row.customer,
    productInfo: row.productName,
    contractNumber: row.contractNumber,
    quotas: [...row.quotas]
      .map(([unit, amount]) => ({ unit, amount }))
      .sort((a, b) => (a.unit < b.unit ? -1 : 1)),
    expired: row.endsAt !== undefined && row.endsAt <= evaluation.at,
    managementNodeId: row.nodeId,
    uploadSequence: BigInt(row.uploadSequence),
  };
}

/** An installed license that the evaluation does not know gives nothing: it did not verify. */
function statusOf(
  { disposition, licenseId }: LicenseRecordRow,
  { licenses }: Evaluation,
): contract.LicenseStatus {
  switch (disposition) {
    case "installed": {
      const standing = licenses.find(({ license }) => license.id === licenseId);
      return contract.LicenseStatus[standing?.status ?? "UNVERIFIED"];
    }
    case "deleted":
      return contract.LicenseStatus.DELETED;
    case "replaced":
      return contract.LicenseStatus.REPLACED;
    case "uninstalled":
      return contract.LicenseStatus.UNINSTALLED;
    case "revoked":
      return contract.LicenseStatus.REVOKED;
  }
}
