import * as contract from "@license-service/contract";
import type { CapabilityChange, QuotaChange } from "../../domain/compare.ts";
import type {
  CapabilityDecision,
  CapabilityDomain,
  MeterReading,
  OperationClass,
} from "../../domain/evaluation.ts";
import { toOptionalDate } from "./instants.ts";

const DOMAINS: Readonly<Record<CapabilityDomain, contract.CapabilityDomain>> = {
  compute: contract.CapabilityDomain.COMPUTE,
  storage: contract.CapabilityDomain.STORAGE,
  network: contract.CapabilityDomain.NETWORK,
  platform: contract.CapabilityDomain.PLATFORM,
};

/** A capability as the contract carries it. */
export function toCapability(decision: CapabilityDecision): contract.Capability {
  const { next } = decision;
  return {
    key: decision.key,
    domain: decision.domain === undefined ? contract.CapabilityDomain.UNSPECIFIED : DOMAINS[decision.domain],
    state: contract.CapabilityState[decision.state],
    reason: contract.CapabilityReason[decision.reason],
    operations: toOperations(decision.operations),
    entry: contract.EntryVisibility[decision.entry],
    meters: decision.meters.map(toMeter),
    licenseIds: [...decision.licenseIds],
    effectiveTime: toOptionalDate(decision.effectiveAt),
    expireTime: toOptionalDate(decision.expiresAt),
    nextState: contract.CapabilityState[next?.state ?? "UNSPECIFIED"],
    nextReason: contract.CapabilityReason[next?.reason ?? "UNSPECIFIED"],
    nextOperations: toOperations(next?.operations ?? []),
    nextEntry: contract.EntryVisibility[next?.entry ?? "UNSPECIFIED"],
    bufferExpireTime: toOptionalDate(decision.bufferEndsAt),
  };
}

/** Operation classes, ascending. */
export function toOperations(operations: readonly OperationClass[]): contract.OperationClass[] {
  return operations.map((operation) => contract.OperationClass[operation]).sort((a, b) => a - b);
}

/** A meter as the contract carries it; an absent limit is unlimited. */
export function toMeter({ key, unit, limit, used, available, over }: MeterReading): contract.Meter {
  return { key, unit, limit, used, available, over };
}

/** A capability's change as the contract carries it. */
export function toCapabilityChange({ key, before, after }: CapabilityChange): contract.CapabilityChange {
  return {
    key,
    stateBefore: contract.CapabilityState[before.state],
    reasonBefore: contract.CapabilityReason[before.reason],
    stateAfter: contract.CapabilityState[after.state],
    reasonAfter: contract.CapabilityReason[after.reason],
    operationsAfter: toOperations(after.operations),
  };
}

/** A meter's change as the contract carries it; an absent limit is unlimited. */
export function toQuotaChange(change: QuotaChange): contract.QuotaChange {
  return { ...change };
}
