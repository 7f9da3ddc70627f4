import * as contract from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { DEVICE_PROBLEMS, UNAVAILABLE_REASONS } from "../../../src/domain/usb/sights.ts";
import { USB_STATUSES, type UsbFacts } from "../../../src/domain/usb/usb-facts.ts";
import { toUsbBuffers, toUsbKey, toUsbScan, toUsbStatus } from "../../../src/rpc/messages/usb.ts";
import { keyMessage } from "../../../src/rpc/messages/usb-text.ts";
import { KEY_STANDINGS, type ListedKey } from "../../../src/usb/platform/key-list.ts";
import { deviceOf, keyNamed, NODE_1, SCANNED_AT } from "../usb/platform/_ports.ts";

function listed(changes: Partial<ListedKey> = {}): ListedKey {
  const key = { nodeId: NODE_1, device: deviceOf("K1"), problem: undefined, licenseIds: [] };
  return { ...key, standing: "GIVING", ...changes };
}

const PROBLEMS = [...DEVICE_PROBLEMS, "NO_LICENSE"] as const;

test("every word about USB keys has its value in the contract", (t) => {
  for (const standing of KEY_STANDINGS) t.true(toUsbKey(listed({ standing })).status > 0, standing);
  for (const problem of PROBLEMS) t.true(toUsbKey(listed({ problem })).problem > 0, problem);
  for (const status of USB_STATUSES) {
    t.is(toUsbStatus({ status, giving: [], buffers: [] }), contract.UsbStatus[status]);
  }
  for (const reason of [...UNAVAILABLE_REASONS, "NO_SCAN"] as const) {
    t.is(typeof contract.UsbUnavailableReason[reason], "number");
  }
  for (const outcome of ["DONE", "UNAVAILABLE", "NO_ANSWER", "AWAY"] as const) {
    t.true(toUsbScan({ nodeId: NODE_1, outcome, keyCount: 0 }).outcome > 0, outcome);
  }
  t.is(toUsbStatus(undefined), contract.UsbStatus.UNSPECIFIED);
});

test("every state of a key is one sentence that says what to do, each another", (t) => {
  const unproven = deviceOf("K1", { isProven: false });
  const keys = [
    ...KEY_STANDINGS.map((standing) => listed({ standing })),
    ...PROBLEMS.map((problem) => listed({ standing: "NOT_COUNTING", problem })),
    listed({ standing: "NOT_COUNTING", device: unproven }),
    listed({ device: deviceOf("K1", { problem: "LICENSE_REFUSED", licenseReason: "MALFORMED" }) }),
  ];
  const messages = keys.map(keyMessage);
  for (const message of messages) t.regex(message, /^[A-Z][^.]+[:,;] [^.]+\.$/);
  t.is(new Set(messages).size, keys.length);
});

test("UK-ID-2: a refused license on a key is told with its reason, be the key giving or not", (t) => {
  const device = deviceOf("K1", { problem: "LICENSE_REFUSED", licenseReason: "SIGNATURE_INVALID" });
  t.regex(keyMessage(listed({ device })), /^It gives the rights .* refused \(SIGNATURE_INVALID\)/);
  const refused = listed({ device, standing: "NOT_COUNTING", problem: "LICENSE_REFUSED" });
  t.regex(keyMessage(refused), /^The license on it is refused \(SIGNATURE_INVALID\): /);
  t.is(toUsbKey(refused).licenseReason, "SIGNATURE_INVALID");
});

test("UK-BU-2: buffers are answered while they run, in their order", (t) => {
  const buffer = (keyId: string, endsAt: number) => ({
    ...keyNamed(keyId),
    startsAt: SCANNED_AT,
    endsAt,
  });
  const buffers = [buffer("K1", SCANNED_AT + DAY_MS), buffer("K2", SCANNED_AT + 2 * DAY_MS)];
  const facts: UsbFacts = { status: "MISSING", giving: [], buffers };
  const idsAt = (at: number) => toUsbBuffers(facts, at).map(({ keyId }) => keyId);
  t.deepEqual(idsAt(SCANNED_AT - 1), []);
  t.deepEqual(idsAt(SCANNED_AT), ["K1", "K2"]);
  t.deepEqual(idsAt(SCANNED_AT + DAY_MS), ["K2"]);
  t.deepEqual(idsAt(SCANNED_AT + 2 * DAY_MS), []);
  t.deepEqual(toUsbBuffers(undefined, SCANNED_AT), []);
});
