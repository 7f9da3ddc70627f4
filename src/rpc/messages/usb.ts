/** USB keys as the contract carries them. Ids, models and ports come from devices: they are escaped and cut (threats 25, 27). */
import * as contract from "@license-service/contract";
import type { Instant } from "../../domain/license.ts";
import { runningBuffers } from "../../domain/usb/running-buffers.ts";
import { NO_USB_KEYS, type UsbFacts } from "../../domain/usb/usb-facts.ts";
import { outsideText } from "../../license-file/outside-text.ts";
import type { ListedKey } from "../../usb/platform/key-list.ts";
import type { ListedPorts } from "../../usb/platform/port-list.ts";
import type { NodeScan } from "../../usb/platform/usb-overview.ts";
import { toDate, toOptionalDate } from "./instants.ts";
import { keyMessage } from "./usb-text.ts";

/** Longest text of a device in an answer; key ids, models and thumbprints of real keys are no longer. */
const LONGEST_TEXT = 64;

/** A key in the port of a node. */
export function toUsbKey(key: ListedKey): contract.UsbKey {
  const { nodeId, device, standing, problem = "UNSPECIFIED", licenseIds } = key;
  return {
    keyId: deviceText(device.keyId),
    managementNodeId: nodeId,
    model: deviceText(device.model),
    status: contract.UsbKeyStatus[standing],
    problem: contract.UsbKeyProblem[problem],
    licenseReason: deviceText(device.licenseReason ?? ""),
    message: keyMessage(key),
    provedTime: toOptionalDate(device.provedAt),
    seenTime: toDate(device.seenAt),
    licenseIds: [...licenseIds],
    publicKeyThumbprint: deviceText(device.thumbprint),
    port: deviceText(device.port),
  };
}

/** The ports of a node. */
export function toUsbNode({ nodeId, unreadable, scannedAt }: ListedPorts): contract.UsbNode {
  return {
    managementNodeId: nodeId,
    unavailableReason: contract.UsbUnavailableReason[unreadable?.reason ?? "UNSPECIFIED"],
    unavailableMessage: unreadable?.message ?? "",
    scannedTime: toOptionalDate(scannedAt),
  };
}

/** How a platform stands with its keys. */
export function toUsbStatus({ status }: UsbFacts = NO_USB_KEYS): contract.UsbStatus {
  return contract.UsbStatus[status ?? "UNSPECIFIED"];
}

/** The buffers that run at an instant, by key. */
export function toUsbBuffers(facts: UsbFacts = NO_USB_KEYS, at: Instant): contract.UsbBuffer[] {
  return runningBuffers(facts, at).map(({ keyId, startsAt, endsAt }) => ({
    keyId: deviceText(keyId),
    startTime: toDate(startsAt),
    expireTime: toDate(endsAt),
  }));
}

/** What became of a scan on one node. */
export function toUsbScan({ nodeId, outcome, keyCount }: NodeScan): contract.UsbScan {
  return { managementNodeId: nodeId, outcome: contract.UsbScanOutcome[outcome], keyCount };
}

function deviceText(text: string): string {
  return outsideText(text, LONGEST_TEXT);
}
