/** The contract's values in the words of a person's terminal. */
import {
  type Capability,
  CapabilityReason,
  CapabilityState,
  type License,
  LicenseType,
  type Meter,
  OperationClass,
  type Revision,
} from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Inline, type Style, styled } from "../output/screen.ts";

const STATE_STYLES: Readonly<Record<number, Style>> = {
  [CapabilityState.ENABLED]: "green",
  [CapabilityState.RESTRICTED]: "yellow",
  [CapabilityState.VIEW_ONLY]: "yellow",
  [CapabilityState.DISABLED]: "red",
};

/** A state, colored by how much it leaves. */
export function showState(state: CapabilityState): Inline {
  return styled(stateStyle(state), nameOf(CapabilityState, state));
}

/** The color of a state: how much it leaves. */
export function stateStyle(state: CapabilityState): Style {
  return STATE_STYLES[state] ?? "bold";
}

/** State and reason, plain: "DISABLED EXPIRED". */
export function stateAndReason(state: CapabilityState, reason: CapabilityReason): string {
  return `${nameOf(CapabilityState, state)} ${nameOf(CapabilityReason, reason)}`;
}

const ALL_OPERATIONS = Object.values(OperationClass).filter(
  (operation) => operation !== OperationClass.UNSPECIFIED,
);
const WAYS_BACK: readonly OperationClass[] = [
  OperationClass.STOP,
  OperationClass.DELETE,
  OperationClass.MIGRATE_AWAY,
];

/** Operation classes in few words: "all", "all but create, expand", "ways back", "view, login, ways back". */
export function showOperations(operations: readonly OperationClass[]): string {
  const missing = ALL_OPERATIONS.filter((operation) => !operations.includes(operation));
  if (missing.length === 0 && operations.length >= ALL_OPERATIONS.length) return "all";
  if (operations.length === 0) return "none";
  if (missing.length > 0 && missing.length <= 2) return `all but ${names(missing)}`;
  if (!WAYS_BACK.every((operation) => operations.includes(operation))) return names(operations);
  const others = operations.filter((operation) => !WAYS_BACK.includes(operation));
  return others.length === 0 ? "ways back" : `${names(others)}, ways back`;
}

function names(operations: readonly OperationClass[]): string {
  return operations
    .map((operation) => nameOf(OperationClass, operation).toLowerCase().replace("_", " "))
    .join(", ");
}

/** A revision as people compare it: "epoch 1, revision 7". */
export function showRevision(revision: Revision | undefined): string {
  return revision === undefined ? "unknown" : `epoch ${revision.epoch}, revision ${revision.revision}`;
}

/** A license in few words: "base enterprise (paid)", "base standard to enterprise (formal)". */
export function licenseTitle(
  license: Pick<License, "item" | "edition" | "licenseType" | "fromEdition">,
): string {
  const { item, edition, fromEdition, licenseType } = license;
  const upgrade = fromEdition === "" ? "" : `${fromEdition} to`;
  const words = [item, upgrade, edition, `(${nameOf(LicenseType, licenseType).toLowerCase()})`];
  return words.filter((word) => word !== "").join(" ");
}

/** A meter's reading: "3 of 10 cpus used", "3 vms used, unlimited", "12 of 10 cpus used, OVER". */
export function meterReading({ used, limit, unit, over }: Meter): string {
  const reading =
    limit === undefined ? `${used} ${unit} used, unlimited` : `${used} of ${limit} ${unit} used`;
  return over ? `${reading}, OVER` : reading;
}

/** The readings of meters that say something: neither unlimited and unused, nor not licensed and unused. */
export function meterReadings(meters: readonly Meter[]): string {
  return meters
    .filter(({ limit = 0n, used }) => limit > 0n || used > 0n)
    .map(meterReading)
    .join("; ");
}

/** A number of things: "1 license", "2 licenses". */
export function counted(count: number | bigint, thing: string): string {
  return `${count} ${thing}${Number(count) === 1 ? "" : "s"}`;
}

/** A limit of a meter; absent means unlimited. */
export function showLimit(limit: bigint | undefined): string {
  return limit === undefined ? "unlimited" : limit.toString();
}

/** Where a capability goes next: "DISABLED EXPIRED"; empty when it stays. */
export function nextOf(capability: Capability): string {
  return capability.expireTime === undefined
    ? ""
    : stateAndReason(capability.nextState, capability.nextReason);
}
