import * as contract from "@license-service/contract";
import type { ChangeRow } from "../../store/history-types.ts";
import { toOperations } from "./capability.ts";
import { toDate } from "./instants.ts";

/** A recorded change as the contract carries it. A word that this program does not know is answered as not specified. */
export function toRecordedChange(row: ChangeRow): contract.RecordedChange {
  return {
    sequence: row.sequence,
    effectiveTime: toDate(row.effectiveAt),
    recordTime: toDate(row.recordedAt),
    key: row.key,
    stateBefore: contract.CapabilityState[row.stateBefore] ?? contract.CapabilityState.UNSPECIFIED,
    reasonBefore: contract.CapabilityReason[row.reasonBefore] ?? contract.CapabilityReason.UNSPECIFIED,
    stateAfter: contract.CapabilityState[row.stateAfter] ?? contract.CapabilityState.UNSPECIFIED,
    reasonAfter: contract.CapabilityReason[row.reasonAfter] ?? contract.CapabilityReason.UNSPECIFIED,
    operationsAfter: toOperations(row.operationsAfter),
    cause: contract.ChangeCause[row.cause] ?? contract.ChangeCause.UNSPECIFIED,
    licenseIds: [...row.licenseIds],
    explanation: row.explanation,
    revision: { ...row.revision },
    managementNodeId: row.nodeId,
  };
}
