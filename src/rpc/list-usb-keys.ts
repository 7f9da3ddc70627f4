import {
  type ListUsbKeysRequest,
  type ListUsbKeysResponse,
  UsbUnavailableReason,
} from "@license-service/contract";
import type { Clock } from "../clock.ts";
import { STATUS_RULES } from "../domain/usb/status.ts";
import type { ListedNode } from "../nodes/node-list.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import { type ListedKey, listKeys } from "../usb/platform/key-list.ts";
import { listPorts } from "../usb/platform/port-list.ts";
import type { UsbPorts } from "../usb/platform/usb-overview.ts";
import type { UnaryHandler } from "./handler.ts";
import { toDate, toOptionalDate } from "./messages/instants.ts";
import { toUsbBuffers, toUsbKey, toUsbNode, toUsbStatus } from "./messages/usb.ts";

/** Most keys of one answer: more are no operator's, but those of a hostile device (threat 25). */
const MOST_KEYS = 1_000;

/** What ListUsbKeys is answered from: memory. */
export interface UsbKeySources {
  readonly hub: Pick<SnapshotHub, "current">;
  readonly clock: Clock;
  readonly usb: Pick<UsbPorts, "overview">;
  /** The nodes of the platform as of the last heartbeat. */
  readonly nodes: () => readonly ListedNode[];
}

/**
 * Answers the keys of all nodes with what each is worth, and which nodes read none and why (UK-ID-1, UK-NO-1).
 * Of more than 1,000 keys it leaves out some that do not count.
 */
export function createListUsbKeys(
  sources: UsbKeySources,
): UnaryHandler<ListUsbKeysRequest, ListUsbKeysResponse> {
  return () => answer(sources);
}

function answer({ hub, clock, usb, nodes }: UsbKeySources): ListUsbKeysResponse {
  const { state, staleSince } = hub.current();
  const { facts, profile } = state;
  const now = clock.now();
  const overview = usb.overview();
  const nodeIds = nodes().map(({ id }) => id);
  const ports = listPorts(overview, nodeIds, profile.usbKeys);
  const own = ports.find(({ nodeId }) => nodeId === overview.own.nodeId)?.unreadable;
  const keys = profile.usbKeys ? listKeys(overview, state) : [];
  const status = facts.usb?.status;
  return {
    revision: { ...state.revision },
    keys: within(MOST_KEYS, keys).map(toUsbKey),
    unavailableReason: UsbUnavailableReason[own?.reason ?? "UNSPECIFIED"],
    unavailableMessage: own?.message ?? "",
    status: toUsbStatus(facts.usb),
    statusRule: status === undefined ? "" : STATUS_RULES[status],
    nodes: ports.map(toUsbNode),
    buffers: toUsbBuffers(facts.usb, now),
    evaluatedAt: toDate(now),
    staleSince: toOptionalDate(staleSince),
  };
}

/** As many keys as that, in their order: those that count before others. */
function within(most: number, keys: readonly ListedKey[]): readonly ListedKey[] {
  if (keys.length <= most) return keys;
  const doesCount = ({ standing }: ListedKey) => standing !== "NOT_COUNTING";
  const byWorth = [...keys.filter(doesCount), ...keys.filter((key) => !doesCount(key))];
  const kept = new Set(byWorth.slice(0, most));
  return keys.filter((key) => kept.has(key));
}
