import {
  type ListUsbKeysRequest,
  type ListUsbKeysResponse,
  UsbUnavailableReason,
} from "@license-service/contract";
import type { Revision } from "../store/types.ts";
import type { UnaryHandler } from "./handler.ts";

const AGENT_OFF =
  "This server has no agent that reads USB keys. Licenses by request code work; see GetRequestCode.";

/**
 * Answers that no USB keys can be read, and why.
 *
 * @param revision the revision that answers are made from now.
 */
export function createListUsbKeys(
  revision: () => Revision,
): UnaryHandler<ListUsbKeysRequest, ListUsbKeysResponse> {
  return () => ({
    revision: { ...revision() },
    keys: [],
    unavailableReason: UsbUnavailableReason.AGENT_OFF,
    unavailableMessage: AGENT_OFF,
    status: 0,
    statusRule: "",
    nodes: [],
    buffers: [],
    evaluatedAt: new Date(),
  });
}
