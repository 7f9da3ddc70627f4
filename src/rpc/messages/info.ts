import * as contract from "@license-service/contract";
import type { AfterSalesService, Evaluation } from "../../domain/evaluation.ts";
import type { Instant } from "../../domain/license.ts";
import type { LicenseState } from "../../snapshot/license-state.ts";
import { toAlert } from "./alert.ts";
import { toDate, toOptionalDate } from "./instants.ts";
import { toLicense, toNoLicense, toUnverifiedLicense } from "./license.ts";

/** What a node knows of itself and its platform, for people (AP-1). */
export interface PlatformIdentity {
  readonly requestCode: string;
  /** AP-2. */
  readonly platformId: string;
  readonly nodeId: string;
}

/** The licenses of a platform, as GetLicenseInfo answers them (AP-1). */
export function toInfoResponse(
  state: LicenseState,
  evaluation: Evaluation,
  staleSince: Instant | undefined,
  identity: PlatformIdentity,
): contract.GetLicenseInfoResponse {
  return {
    revision: { ...state.revision },
    unchanged: false,
    evaluatedAt: toDate(evaluation.at),
    nextChangeAt: toOptionalDate(evaluation.nextChangeAt),
    staleSince: toOptionalDate(staleSince),
    profile: state.profile.name,
    status: contract.PlatformStatus[evaluation.status],
    ...licensesOf(state, evaluation),
    licenseRequest: identity.requestCode,
    platformId: identity.platformId,
    managementNodeId: identity.nodeId,
    productVersion: state.facts.productVersion ?? "",
    firstStartTime: toOptionalDate(state.facts.firstStartAt),
    alerts: state.alerts.map(toAlert),
    service: evaluation.service && toService(evaluation.service),
    nodes: [],
  };
}

/** The base license in force or last in force, or the no-license state; and all other licenses. */
function licensesOf(state: LicenseState, evaluation: Evaluation) {
  const baseId = evaluation.noLicenseInForce ? undefined : evaluation.base.license?.id;
  const base = evaluation.licenses.find(({ license }) => license.id === baseId);
  const others = evaluation.licenses.filter((standing) => standing !== base);
  return {
    license: base === undefined ? toNoLicense(state, evaluation) : toLicense(base, evaluation),
    additions: [
      ...others.map((standing) => toLicense(standing, evaluation)),
      ...state.unverified.map((license) => toUnverifiedLicense(license, evaluation)),
    ],
  };
}

function toService({ item, license, endsAt, expired }: AfterSalesService): contract.AfterSalesService {
  return { item, licenseId: license.id, expireTime: toOptionalDate(endsAt), expired };
}
