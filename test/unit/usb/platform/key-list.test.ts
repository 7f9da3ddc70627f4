import test from "ava";
import { DEBOUNCE_MS } from "../../../../src/domain/usb/presence.ts";
import { DEVICE_PROBLEMS, type NodeSight } from "../../../../src/domain/usb/sights.ts";
import { NO_USB_STATE } from "../../../../src/domain/usb/usb-state.ts";
import { type KeyRights, listKeys } from "../../../../src/usb/platform/key-list.ts";
import type { UsbOverview } from "../../../../src/usb/platform/usb-overview.ts";
import {
  deviceOf,
  licensesFor,
  NODE_1,
  NODE_2,
  overviewOf,
  SCANNED_AT,
  sightOf,
  stateGiving,
} from "./_ports.ts";

function list(
  sights: readonly NodeSight[],
  rights: Partial<KeyRights> = {},
  changes: Partial<UsbOverview> = {},
): readonly string[] {
  const keys = listKeys(overviewOf(sights, changes), { usb: NO_USB_STATE, licenses: [], ...rights });
  return keys.map(
    ({ nodeId, device, standing, problem }) =>
      `${nodeId === NODE_1 ? 1 : 2} ${device.keyId} ${standing}${problem === undefined ? "" : ` ${problem}`}`,
  );
}

test("UK-ST-2: the one key of a platform gives its rights, by the state that is written", (t) => {
  const sights = [sightOf(NODE_1, [deviceOf("K1")])];
  t.deepEqual(list(sights, { usb: stateGiving({ K1: NODE_1 }) }), ["1 K1 GIVING"]);
});

test("a key that counts and is not in the state yet does not count yet, and nothing is against it", (t) => {
  const sights = [sightOf(NODE_1, [deviceOf("K1")])];
  t.deepEqual(list(sights), ["1 K1 NOT_COUNTING"]);
  t.deepEqual(list(sights, { usb: undefined }), ["1 K1 NOT_COUNTING"], "the state does not verify");
  const elsewhere = [...sights, sightOf(NODE_2, [deviceOf("K2")])];
  t.deepEqual(list(elsewhere, { usb: stateGiving({ K2: NODE_2 }) }), ["1 K1 NOT_COUNTING", "2 K2 GIVING"]);
});

test("UK-ST-4: of two keys on one node neither gives its rights, on another node a third does", (t) => {
  const sights = [
    sightOf(NODE_2, [deviceOf("K3")]),
    sightOf(NODE_1, [deviceOf("K2", { port: "1-2" }), deviceOf("K1")]),
  ];
  t.deepEqual(list(sights, { usb: stateGiving({ K3: NODE_2 }) }), [
    "1 K1 BESIDE_OTHERS",
    "1 K2 BESIDE_OTHERS",
    "2 K3 GIVING",
  ]);
});

test("a key that joins another is beside it at once; the other gives until that is written", (t) => {
  const sights = [sightOf(NODE_1, [deviceOf("K1"), deviceOf("K2")])];
  t.deepEqual(list(sights, { usb: stateGiving({ K1: NODE_1 }) }), ["1 K1 GIVING", "1 K2 BESIDE_OTHERS"]);
});

test("a key that does not count is beside nobody", (t) => {
  const blank = deviceOf("K2", { hasLicense: false });
  const sights = [sightOf(NODE_1, [deviceOf("K1"), blank])];
  t.deepEqual(list(sights, { usb: stateGiving({ K1: NODE_1 }) }), [
    "1 K1 GIVING",
    "1 K2 NOT_COUNTING NO_LICENSE",
  ]);
});

test("UK-BU-7: a key that is gone is listed for ten seconds, while what it gave still counts", (t) => {
  const seenAgo = (ms: number) => [sightOf(NODE_1, [deviceOf("K1", { seenAt: SCANNED_AT - ms })])];
  const usb = stateGiving({ K1: NODE_1 });
  t.deepEqual(list(seenAgo(1), { usb }), ["1 K1 JUST_GONE"]);
  t.deepEqual(list(seenAgo(DEBOUNCE_MS - 1_001), { usb }), ["1 K1 JUST_GONE"]);
  t.deepEqual(list(seenAgo(DEBOUNCE_MS - 1_000), { usb }), []);
});

test("a key that is gone and did not count, or whose place another took, is not listed", (t) => {
  const seenAt = SCANNED_AT - 1_000;
  const blank = deviceOf("K1", { seenAt, hasLicense: false });
  t.deepEqual(list([sightOf(NODE_1, [blank])]), []);
  const pulled = deviceOf("K1", { seenAt });
  const successor = deviceOf("K2", { arrivedAt: SCANNED_AT });
  t.deepEqual(list([sightOf(NODE_1, [pulled, successor])], { usb: stateGiving({ K2: NODE_1 }) }), [
    "1 K2 GIVING",
  ]);
});

test("a key that has moved is listed where it was seen last, also before the first node has looked again", (t) => {
  const device = deviceOf("K1", { seenAt: SCANNED_AT + 500, arrivedAt: SCANNED_AT + 500 });
  const moved = sightOf(NODE_2, [device], { scannedAt: SCANNED_AT + 500 });
  const usb = stateGiving({ K1: NODE_1 });
  t.deepEqual(list([sightOf(NODE_1, [deviceOf("K1")]), moved], { usb }), ["2 K1 GIVING"]);
  const gone = sightOf(NODE_1, [deviceOf("K1", { seenAt: SCANNED_AT - 1 })]);
  t.deepEqual(list([gone, moved], { usb }), ["2 K1 GIVING"]);
});

test("a key that has moved beside another gives nothing there", (t) => {
  const sights = [sightOf(NODE_2, [deviceOf("K1"), deviceOf("K2")])];
  t.deepEqual(list(sights, { usb: stateGiving({ K1: NODE_1 }) }), [
    "2 K1 BESIDE_OTHERS",
    "2 K2 BESIDE_OTHERS",
  ]);
});

test("a copy that holds no private key is listed beside the original", (t) => {
  const copy = deviceOf("K1", { isProven: false, problem: "PROOF_FAILED", provedAt: undefined });
  const sights = [sightOf(NODE_1, [deviceOf("K1")]), sightOf(NODE_2, [copy])];
  t.deepEqual(list(sights, { usb: stateGiving({ K1: NODE_1 }) }), [
    "1 K1 GIVING",
    "2 K1 NOT_COUNTING PROOF_FAILED",
  ]);
});

test("UK-BU-9: keys of a lost node are not listed, nor those of one that never completed a scan", (t) => {
  const sights = [
    sightOf(NODE_1, [deviceOf("K1")]),
    sightOf(NODE_2, [deviceOf("K2")], { scannedAt: undefined }),
  ];
  t.deepEqual(list(sights, {}, { lostNodeIds: new Set([NODE_1]) }), []);
  t.deepEqual(list([], {}, { readAt: undefined }), []);
});

test("UK-ID-2: a key whose own license is refused counts by the licenses that are installed for it", (t) => {
  const refused = deviceOf("K1", {
    hasLicense: false,
    problem: "LICENSE_REFUSED",
    licenseReason: "MALFORMED",
  });
  const sights = [sightOf(NODE_1, [refused])];
  t.deepEqual(list(sights), ["1 K1 NOT_COUNTING LICENSE_REFUSED"]);
  const rights = { usb: stateGiving({ K1: NODE_1 }), licenses: licensesFor("K1") };
  t.deepEqual(list(sights, rights), ["1 K1 GIVING"]);
});

test("every problem of a device is told, and an unread one has none yet", (t) => {
  for (const problem of DEVICE_PROBLEMS) {
    const device = deviceOf("K1", { isProven: false, hasLicense: false, problem });
    t.deepEqual(list([sightOf(NODE_1, [device])]), [`1 K1 NOT_COUNTING ${problem}`]);
  }
  const unread = deviceOf("", { isProven: false, hasLicense: false });
  t.deepEqual(list([sightOf(NODE_1, [unread])]), ["1  NOT_COUNTING"]);
});

test("licenses are those of the very key, ascending, and not those of another key with its id", (t) => {
  const licenses = licensesFor("K2", "K1", "K1");
  const [ofK2, ...ofK1] = licenses;
  const impostor = deviceOf("K2", { thumbprint: "another", hasLicense: false });
  const overview = overviewOf([sightOf(NODE_1, [deviceOf("K1"), impostor])]);
  const [first, second] = listKeys(overview, { usb: NO_USB_STATE, licenses: licenses.toReversed() });
  t.deepEqual(
    first?.licenseIds,
    ofK1.map(({ id }) => id),
  );
  t.deepEqual(second?.licenseIds, []);
  t.is(second?.problem, "NO_LICENSE");
  t.truthy(ofK2);
});
