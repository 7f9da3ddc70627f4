import { GetLicenseCapabilitiesResponse, WatchLicenseCapabilitiesResponse } from "@license-service/contract";
import type { EncodedSnapshot, SnapshotContent } from "../../snapshot/snapshot.ts";
import { frameOf } from "../encoded-message.ts";
import { toCapability } from "./capability.ts";
import { toDate, toOptionalDate } from "./instants.ts";

/** What the platform may do, as GetLicenseCapabilities answers it. */
export function toCapabilitiesResponse(content: SnapshotContent): GetLicenseCapabilitiesResponse {
  const { state, evaluation, staleSince } = content;
  return {
    revision: { ...state.revision },
    unchanged: false,
    evaluatedAt: toDate(evaluation.at),
    nextChangeAt: toOptionalDate(evaluation.nextChangeAt),
    staleSince: toOptionalDate(staleSince),
    profile: state.profile.name,
    capabilities: evaluation.capabilities.map(toCapability),
    usageRevision: state.usageRevision,
  };
}

/** Encodes a snapshot for all who will ask for it. The same content gives the same bytes (EV-3). */
export function encodeSnapshot(content: SnapshotContent): EncodedSnapshot {
  const snapshot = toCapabilitiesResponse(content);
  return {
    capabilities: frameOf(GetLicenseCapabilitiesResponse.encode(snapshot).finish()),
    watch: frameOf(WatchLicenseCapabilitiesResponse.encode({ snapshot, heartbeat: undefined }).finish()),
  };
}
