import * as contract from "@license-service/contract";
import type { AfterSalesService, BaseStanding, Evaluation, Lock } from "../../domain/evaluation.ts";
import type { Instant } from "../../domain/license.ts";
import type { ListedNode } from "../../nodes/node-list.ts";
import type { Alert } from "../../snapshot/alert.ts";
import { alertsOfState } from "../../snapshot/alerts-of-state.ts";
import type { LicenseState } from "../../snapshot/license-state.ts";
import { toAlert } from "./alert.ts";
import { toDate, toOptionalDate } from "./instants.ts";
import { metersOfItem, toLicense, toNoLicense, toUnverifiedLicense } from "./license.ts";
import { toUsbBuffers, toUsbStatus } from "./usb.ts";

/** What a node knows of itself and its platform, for people (AP-1). */
export interface PlatformIdentity {
  readonly requestCode: string;
  /** AP-2. */
  readonly platformId: string;
  readonly nodeId: string;
}

/** What is true of now, whatever instant was asked for. */
export interface LiveFacts {
  /** In the order in which they are shown. */
  readonly nodes: readonly ListedNode[];
  /** Alerts that do not follow from the rows of the database. */
  readonly liveAlerts: readonly Alert[];
}

/** The licenses of a platform, as GetLicenseInfo answers them (AP-1). */
export function toInfoResponse(
  state: LicenseState,
  evaluation: Evaluation,
  staleSince: Instant | undefined,
  identity: PlatformIdentity,
  { nodes, liveAlerts }: LiveFacts,
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
    alerts: [...alertsOfState(state, evaluation.at), ...liveAlerts].map(toAlert),
    service: evaluation.service && toService(evaluation.service),
    nodes: nodes.map(toNode),
    bases: evaluation.bases.map((base) => toBase(base, evaluation)).sort(byItem),
    lock: evaluation.lock && toLock(evaluation.lock),
    usbStatus: toUsbStatus(state.facts.usb),
    usbBuffers: toUsbBuffers(state.facts.usb, evaluation.at),
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

function toBase(
  { item, edition = "", isRunning, counting }: BaseStanding,
  evaluation: Evaluation,
): contract.BaseStanding {
  return {
    item,
    edition,
    status: isRunning ? contract.PlatformStatus.VALID : contract.PlatformStatus.EXPIRED,
    licenseIds: counting.map(({ id }) => id).sort(),
    meters: metersOfItem(evaluation, item),
  };
}

function byItem(a: contract.BaseStanding, b: contract.BaseStanding): number {
  return a.item < b.item ? -1 : 1;
}

function toLock({ since, item, ended }: Lock): contract.PlatformLock {
  return { since: toDate(since), item, licenseId: ended.id };
}

function toNode(node: ListedNode): contract.ManagementNode {
  return {
    nodeId: node.id,
    name: node.name,
    status: node.isAlive ? contract.NodeStatus.ALIVE : contract.NodeStatus.AWAY,
    version: node.version,
    joinedTime: toDate(node.joinedAt),
    heartbeatTime: toDate(node.heartbeatAt),
    primary: node.isPrimary,
  };
}

function toService({ item, license, endsAt, expired }: AfterSalesService): contract.AfterSalesService {
  return { item, licenseId: license.id, expireTime: toOptionalDate(endsAt), expired };
}
