import {
  type Capability,
  CapabilityReason,
  CapabilityState,
  type GetLicenseCapabilitiesResponse,
} from "@license-service/contract";
import { nameOf } from "../output/names.ts";
import { type Screen, styled } from "../output/screen.ts";
import { distanceOrigin, formatInstant, formatWithDistance } from "../output/time.ts";
import { meterReading, showOperations, showRevision, showState } from "../render/terms.ts";

/**
 * Writes one line for each capability that differs from the snapshot before, or one line that sums up
 * the first snapshot.
 */
export function writeSnapshotChanges(
  screen: Screen,
  before: GetLicenseCapabilitiesResponse | undefined,
  after: GetLicenseCapabilitiesResponse,
): void {
  const time = styled("dim", formatInstant(after.evaluatedAt ?? new Date()));
  const tail = `${showRevision(after.revision)}; next change: ${nextChange(after)}`;
  if (before === undefined) {
    screen.line`${time} ${after.profile}: ${countStates(after.capabilities)}; ${tail}`;
    return;
  }
  const changed = changedCapabilities(before.capabilities, after.capabilities);
  for (const [old, capability] of changed) {
    screen.line`${time} ${styled("bold", capability.key)}: ${old === undefined ? "new" : brief(old)} -> ${showState(capability.state)} ${nameOf(CapabilityReason, capability.reason)}, ${details(capability)}`;
  }
  if (changed.length === 0) screen.line`${time} no capability changed; ${tail}`;
}

/** Capabilities whose answer differs in what a caller may do, with their answer before, in the new order. */
export function changedCapabilities(
  before: readonly Capability[],
  after: readonly Capability[],
): ReadonlyArray<readonly [old: Capability | undefined, capability: Capability]> {
  const old = new Map(before.map((capability) => [capability.key, capability]));
  return after
    .map((capability) => [old.get(capability.key), capability] as const)
    .filter(([was, is]) => was === undefined || fingerprint(was) !== fingerprint(is));
}

function fingerprint(capability: Capability): string {
  const { state, reason, operations, expireTime } = capability;
  return JSON.stringify([
    state,
    reason,
    operations,
    expireTime?.getTime(),
    capability.meters.map(meterReading),
  ]);
}

function brief({ state, reason }: Capability): string {
  return `${nameOf(CapabilityState, state)} ${nameOf(CapabilityReason, reason)}`;
}

function details(capability: Capability): string {
  const { operations, meters, expireTime } = capability;
  const until = expireTime === undefined ? [] : [`until ${formatInstant(expireTime)}`];
  return [`operations: ${showOperations(operations)}`, ...meters.map(meterReading), ...until].join("; ");
}

function countStates(capabilities: readonly Capability[]): string {
  const states = [...new Set(capabilities.map(({ state }) => state))].sort((a, b) => a - b);
  const counts = states.map((state) => {
    const count = capabilities.filter((capability) => capability.state === state).length;
    return `${count} ${nameOf(CapabilityState, state).toLowerCase().replace("_", " ")}`;
  });
  return `${capabilities.length} capabilities, ${counts.join(", ")}`;
}

function nextChange({ nextChangeAt, evaluatedAt }: GetLicenseCapabilitiesResponse): string {
  return formatWithDistance(nextChangeAt, distanceOrigin(evaluatedAt, false), "none");
}
