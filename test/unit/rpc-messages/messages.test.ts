import * as contract from "@license-service/contract";
import test from "ava";
import {
  CAPABILITY_REASONS,
  CAPABILITY_STATES,
  type CapabilityDecision,
  ENTRY_VISIBILITIES,
  OPERATION_CLASSES,
} from "../../../src/domain/evaluation.ts";
import { unknownCapability } from "../../../src/domain/explain.ts";
import { DAY_MS, type InstalledLicense } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { messageIn } from "../../../src/rpc/encoded-message.ts";
import { toCapability, toOperations } from "../../../src/rpc/messages/capability.ts";
import { toInfoResponse } from "../../../src/rpc/messages/info.ts";
import { readInstant } from "../../../src/rpc/messages/instants.ts";
import { toRecord } from "../../../src/rpc/messages/record.ts";
import { encodeSnapshot } from "../../../src/rpc/messages/snapshot.ts";
import type { LicenseState } from "../../../src/snapshot/license-state.ts";
import { evaluateState } from "../../../src/snapshot/snapshot.ts";
import { type LicenseRecordRow, NO_USAGE } from "../../../src/store/types.ts";

const AT = Date.UTC(2026, 5, 1);
const IDENTITY = { requestCode: "code", platformId: "0123456789", nodeId: "node-2" };

const LICENSE: InstalledLicense = {
  id: "00000000-0000-8000-8000-000000000001",
  issuer: "Example Vendor",
  jti: "L-1",
  profile: "zstack-cloud",
  item: "base",
  edition: "standard",
  term: "paid",
  fromEdition: undefined,
  binding: { method: "request-code" },
  issuedAt: AT - DAY_MS,
  startsAt: AT - DAY_MS,
  endsAt: AT + DAY_MS,
  quotas: new Map([["cpus", 9_007_199_254_740_991n]]),
  serviceEndsAt: undefined,
  customer: "Example Customer",
  productName: "",
  contractNumber: "",
  authorizationCode: "",
  uploadSequence: 1,
  uploadedAt: AT - 1_000,
  uploadedByNodeId: "node-1",
};

const PLATFORM = {
  thumbprint: "",
  publicKey: "",
  profile: "zstack-cloud",
  firstStartAt: AT - 2 * DAY_MS,
  firstStartJws: "",
  primaryNodeId: "node-1",
};

function stateOf(
  licenses: readonly InstalledLicense[],
  profile: Profile = loadProfile("zstack-cloud"),
): LicenseState {
  const revision = { storeId: "3f0c8f0e-5b8c-4d5e-9d53-0d4c9a2f7a11", epoch: 1n, revision: 5n };
  const revisionId = "8a4e37f1-3c5e-4a6f-9a11-0d4c9a2f7a11";
  return {
    revision,
    revisionId,
    profile,
    facts: { firstStartAt: AT - 2 * DAY_MS, productVersion: "E0760", reacquiredAt: [] },
    usage: new Map(),
    usageRevision: 0n,
    primaryNodeId: "node-1",
    licenses,
    unverified: [],
    tampered: [],
    alerts: [],
    usb: undefined,
    putOffs: [],
    stored: {
      revision,
      revisionId,
      platform: PLATFORM,
      licenses: [],
      restores: [],
      reacquisitions: [],
      putOffs: [],
      usbState: undefined,
      usage: NO_USAGE,
    },
  };
}

test("every word of the domain has its value in the contract", (t) => {
  for (const state of CAPABILITY_STATES) t.is(typeof contract.CapabilityState[state], "number");
  for (const reason of CAPABILITY_REASONS) t.is(typeof contract.CapabilityReason[reason], "number");
  for (const entry of ENTRY_VISIBILITIES) t.is(typeof contract.EntryVisibility[entry], "number");
  for (const operation of OPERATION_CLASSES) t.is(typeof contract.OperationClass[operation], "number");
});

test("operation classes are sent ascending, whatever their order was", (t) => {
  const shuffled = OPERATION_CLASSES.toReversed();
  t.deepEqual(toOperations(shuffled), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a capability without a change to come has no next state", (t) => {
  const decision: CapabilityDecision = unknownCapability(loadProfile("zstack-cloud"), "teleport");
  const message = toCapability(decision);
  t.like(message, {
    key: "teleport",
    domain: contract.CapabilityDomain.UNSPECIFIED,
    state: contract.CapabilityState.DISABLED,
    reason: contract.CapabilityReason.UNKNOWN_CAPABILITY,
    entry: contract.EntryVisibility.HIDDEN,
    expireTime: undefined,
    nextState: contract.CapabilityState.UNSPECIFIED,
    nextReason: contract.CapabilityReason.UNSPECIFIED,
    nextEntry: contract.EntryVisibility.UNSPECIFIED,
  });
  t.deepEqual(message.nextOperations, []);
});

test("threat 29: 2^53 - 1 CPUs go over the wire without loss", (t) => {
  const state = stateOf([LICENSE]);
  const { capabilities } = encodeSnapshot({
    state,
    evaluation: evaluateState(state, AT),
    staleSince: undefined,
  });
  const decoded = contract.GetLicenseCapabilitiesResponse.decode(messageIn(capabilities));
  const compute = decoded.capabilities.find(({ key }) => key === "compute");
  t.is(compute?.meters.find(({ key }) => key === "base/cpus")?.limit, 9_007_199_254_740_991n);
});

test("a snapshot to come at its end tells what comes then", (t) => {
  const state = stateOf([LICENSE]);
  const { watch } = encodeSnapshot({ state, evaluation: evaluateState(state, AT), staleSince: AT });
  const { snapshot } = contract.WatchLicenseCapabilitiesResponse.decode(messageIn(watch));
  t.is(snapshot?.nextChangeAt?.getTime(), AT + DAY_MS);
  t.is(snapshot?.staleSince?.getTime(), AT);
  t.like(
    snapshot?.capabilities.find(({ key }) => key === "compute"),
    {
      state: contract.CapabilityState.ENABLED,
      nextState: contract.CapabilityState.VIEW_ONLY,
      nextReason: contract.CapabilityReason.EXPIRED,
      nextEntry: contract.EntryVisibility.SHOWN,
    },
  );
});

/** No nodes, and nothing to act on. */
const LIVE = { nodes: [], liveAlerts: [] };

test("a license that does not decide its item shows what it is good for, and nothing of it as available", (t) => {
  const renewal = {
    ...LICENSE,
    id: "00000000-0000-8000-8000-000000000002",
    uploadSequence: 2,
    quotas: new Map([["cpus", 8n]]),
  };
  const state = stateOf([LICENSE, renewal]);
  const info = toInfoResponse(state, evaluateState(state, AT), undefined, IDENTITY, LIVE);
  t.is(info.license?.id, renewal.id);
  t.like(
    info.license?.meters.find(({ key }) => key === "base/cpus"),
    { limit: 8n, available: 8n },
  );
  const [replaced] = info.additions;
  t.is(replaced?.status, contract.LicenseStatus.REPLACED);
  t.deepEqual(replaced?.meters, [
    { key: "base/cpus", unit: "cpus", limit: 9_007_199_254_740_991n, used: 0n, available: 0n, over: false },
  ]);
  t.is(info.productVersion, "E0760");
});

test("a no-license state with an end shows it, and is expired after it", (t) => {
  const cloud = loadProfile("zstack-cloud");
  const profile = { ...cloud, noLicense: { ...cloud.noLicense, days: 30 } };
  const state = stateOf([], profile);
  const running = toInfoResponse(state, evaluateState(state, AT), undefined, IDENTITY, LIVE);
  t.like(running.license, {
    id: "",
    licenseType: contract.LicenseType.FREE,
    status: contract.LicenseStatus.VALID,
  });
  t.is(running.license?.startTime?.getTime(), AT - 2 * DAY_MS);
  t.is(running.license?.expireTime?.getTime(), AT + 28 * DAY_MS);
  const over = toInfoResponse(state, evaluateState(state, AT + 28 * DAY_MS), undefined, IDENTITY, LIVE);
  t.like(over.license, { status: contract.LicenseStatus.EXPIRED, expired: true });
  t.is(over.status, contract.PlatformStatus.EXPIRED);
});

test("ZV-RE-1: a record of a node that did not make the platform is secondary; how a license left is its status", (t) => {
  const state = stateOf([LICENSE]);
  const row: LicenseRecordRow = {
    ...LICENSE,
    id: "record-1",
    licenseId: LICENSE.id,
    method: "request-code",
    disposition: "installed",
    nodeId: "node-2",
  };
  const recordAt = (changes: Partial<LicenseRecordRow>, at = AT) =>
    toRecord({ ...row, ...changes }, state, evaluateState(state, at));
  t.is(recordAt({}).managementType, contract.ManagementType.SECONDARY);
  t.is(recordAt({ nodeId: "node-1" }).managementType, contract.ManagementType.PRIMARY);
  t.is(recordAt({}).status, contract.LicenseStatus.VALID);
  t.is(recordAt({}, AT + DAY_MS).status, contract.LicenseStatus.EXPIRED);
  t.true(recordAt({}, AT + DAY_MS).expired);
  t.is(recordAt({ disposition: "deleted" }).status, contract.LicenseStatus.DELETED);
  t.is(recordAt({ disposition: "uninstalled" }).status, contract.LicenseStatus.UNINSTALLED);
  t.is(recordAt({ disposition: "revoked" }).status, contract.LicenseStatus.REVOKED);
  t.is(recordAt({ licenseId: "unknown" }).status, contract.LicenseStatus.UNVERIFIED);
});

test("threat 29: instants of requests are whole milliseconds from 1970 to 9999", (t) => {
  t.is(readInstant("at_time", undefined), undefined);
  t.is(readInstant("at_time", new Date(0)), 0);
  t.is(readInstant("at_time", new Date(Date.UTC(10_000, 0, 1) - 1)), 253_402_300_799_999);
  for (const date of [new Date(-1), new Date(Date.UTC(10_000, 0, 1)), new Date(Number.NaN)]) {
    t.throws(() => readInstant("at_time", date), { message: /^at_time is an instant/ });
  }
  const { atTime } = contract.GetLicenseInfoRequest.decode(
    Buffer.from([0x0a, 0x06, 0x08, 0x01, 0x10, 0xc0, 0x84, 0x3d]),
  );
  t.is(readInstant("at_time", atTime), 1_001, "1 s and 1,000,000 ns");
});
