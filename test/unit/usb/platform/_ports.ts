/** USB ports of two nodes for tests: what each says it sees, in milliseconds before and after one instant. */
import type { InstalledLicense, Instant } from "../../../../src/domain/license.ts";
import type { DeviceSight, NodeSight } from "../../../../src/domain/usb/sights.ts";
import type { UsbKeyName } from "../../../../src/domain/usb/usb-facts.ts";
import { NO_USB_STATE, newKeyState, type UsbState } from "../../../../src/domain/usb/usb-state.ts";
import { loadProfile } from "../../../../src/profiles/load-profile.ts";
import type { UsbOverview } from "../../../../src/usb/platform/usb-overview.ts";
import { installedFrom } from "../../../helpers/installed-licenses.ts";

/** The instant of the last scans, by the database's clock. */
export const SCANNED_AT: Instant = Date.UTC(2026, 5, 1);

export const NODE_1 = "00000000-0000-4000-8000-000000000001";
export const NODE_2 = "00000000-0000-4000-8000-000000000002";

/** A key with a key pair of its own. */
export function keyNamed(keyId: string): UsbKeyName {
  return { keyId, thumbprint: `thumbprint-of-${keyId}` };
}

/** A key that counts: there, proven, with licenses on it. */
export function deviceOf(keyId: string, changes: Partial<DeviceSight> = {}): DeviceSight {
  return {
    ...keyNamed(keyId),
    port: "1-1",
    model: "Emulated key",
    seenAt: SCANNED_AT,
    arrivedAt: SCANNED_AT - 60_000,
    provedAt: SCANNED_AT - 1_000,
    isProven: true,
    hasLicense: true,
    mark: undefined,
    problem: undefined,
    licenseReason: undefined,
    ...changes,
  };
}

/** What a node says that looks at its ports. */
export function sightOf(
  nodeId: string,
  devices: readonly DeviceSight[],
  changes: Partial<NodeSight> = {},
): NodeSight {
  return {
    nodeId,
    writtenAt: SCANNED_AT,
    scannedAt: SCANNED_AT,
    unavailable: undefined,
    scanRequest: 0,
    devices,
    ...changes,
  };
}

/** What node 1 knows a second after the last scans. */
export function overviewOf(sights: readonly NodeSight[], changes: Partial<UsbOverview> = {}): UsbOverview {
  return {
    sights,
    lostNodeIds: new Set(),
    readAt: SCANNED_AT + 1_000,
    own: { nodeId: NODE_1, unavailable: undefined, scanned: true, scanAgeMs: 1_000 },
    ...changes,
  };
}

/** A state in which these keys give their rights, by key id and node. */
export function stateGiving(givesOn: Readonly<Record<string, string>>): UsbState {
  const keys = Object.entries(givesOn).map(([keyId, nodeId]) => ({
    ...newKeyState(keyNamed(keyId)),
    givesOn: nodeId,
    givesSince: SCANNED_AT - 60_000,
  }));
  return { ...NO_USB_STATE, status: "READY", keys };
}

/** Installed licenses that are bound to keys, one for each key id. */
export function licensesFor(...keyIds: readonly string[]): readonly InstalledLicense[] {
  const profile = loadProfile("zstack-cloud");
  const sketches = keyIds.map((keyId, index) => ({
    name: `license-${index + 1}-of-${keyId}`,
    item: "base",
    edition: "standard",
    term: "paid" as const,
  }));
  return installedFrom(profile, sketches).map((license, index) => ({
    ...license,
    binding: { method: "usb-key", ...keyNamed(keyIds[index] ?? "") },
  }));
}
