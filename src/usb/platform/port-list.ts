/** How every node stands with its USB ports (UK-NO-1): pure. */
import type { Instant } from "../../domain/license.ts";
import type { NodeSight, UnavailableReason } from "../../domain/usb/sights.ts";
import type { UsbOverview } from "./usb-overview.ts";

/** A scan that is older says nothing of now. */
const LONGEST_SCAN_AGE_MS = 60_000;

/** Why a node reads no keys, and what to do about it, in one sentence. */
export interface Unreadable {
  readonly reason: UnavailableReason | "NO_SCAN";
  readonly message: string;
}

/** The ports of one node. */
export interface ListedPorts {
  readonly nodeId: string;
  /** `undefined`: its keys are read. */
  readonly unreadable: Unreadable | undefined;
  /** Its last completed scan, by the database's clock; `undefined`: none is known. */
  readonly scannedAt: Instant | undefined;
}

/**
 * The ports of all nodes, by node.
 *
 * @param nodeIds every node of the platform, as far as it is known
 * @param usbKeys whether the product has USB keys
 */
export function listPorts(
  overview: UsbOverview,
  nodeIds: readonly string[],
  usbKeys: boolean,
): readonly ListedPorts[] {
  const sights = new Map(overview.sights.map((sight) => [sight.nodeId, sight]));
  const ids = new Set([...nodeIds, ...sights.keys(), overview.own.nodeId]);
  return [...ids].sort().map((nodeId) => {
    const sight = sights.get(nodeId);
    const unreadable = usbKeys ? unreadableNode(overview, nodeId, sight) : because("NOT_IN_PRODUCT");
    return { nodeId, unreadable, scannedAt: sight?.scannedAt };
  });
}

function unreadableNode(
  { own, lostNodeIds, readAt }: UsbOverview,
  nodeId: string,
  sight: NodeSight | undefined,
): Unreadable | undefined {
  if (nodeId === own.nodeId) {
    if (own.unavailable !== undefined) return own.unavailable;
    if (!own.scanned) return because("NO_SCAN");
    return (own.scanAgeMs ?? 0) > LONGEST_SCAN_AGE_MS ? STOPPED : undefined;
  }
  if (lostNodeIds.has(nodeId)) return LOST;
  if (sight?.unavailable !== undefined) return because(sight.unavailable);
  if (sight?.scannedAt === undefined) return because("NO_SCAN");
  return (readAt ?? sight.scannedAt) - sight.scannedAt > LONGEST_SCAN_AGE_MS ? STOPPED : undefined;
}

function because(reason: Unreadable["reason"]): Unreadable {
  return { reason, message: MESSAGES[reason] };
}

const MESSAGES: Readonly<Record<Unreadable["reason"], string>> = {
  AGENT_OFF:
    "The agent that reads USB keys is switched off on this node: set LICENSE_USB=on there and start the server again.",
  NO_USB_SUPPORT:
    "The kernel of this node has no USB: insert keys into another node, or give the machine a USB controller; licenses by request code need none.",
  NO_PERMISSION:
    "The service may not look at the USB ports of this node: give its account the rights that the operator guide names.",
  NOT_IN_PRODUCT: "This product has no USB keys: license it by its request code, see GetRequestCode.",
  NO_SCAN:
    "No look at the USB ports of this node is complete yet: that takes seconds after its start; if it stays so, see its log.",
};

const STOPPED: Unreadable = {
  reason: "NO_SCAN",
  message:
    "The USB ports of this node were not looked at for a minute: see its log, and start its server again.",
};

const LOST: Unreadable = {
  reason: "NO_SCAN",
  message:
    "This node was not heard of for a minute, so that keys in its ports count as absent: start it again.",
};
