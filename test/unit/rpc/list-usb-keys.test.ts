/** ListUsbKeys over a real hub, with what nodes see given by hand. */
import {
  type ListUsbKeysResponse,
  UsbKeyProblem,
  UsbKeyStatus,
  UsbStatus,
  UsbUnavailableReason,
} from "@license-service/contract";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { USB_STATUSES } from "../../../src/domain/usb/usb-facts.ts";
import { NO_USB_STATE, newKeyState } from "../../../src/domain/usb/usb-state.ts";
import { createListUsbKeys } from "../../../src/rpc/list-usb-keys.ts";
import type { UsbOverview } from "../../../src/usb/platform/usb-overview.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { makeUsbKey, storeUsbState } from "../../helpers/usb-keys.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";
import { deviceOf, NODE_1, NODE_2, overviewOf, SCANNED_AT, sightOf } from "../usb/platform/_ports.ts";

const KEY = makeUsbKey("K-1");
const GIVING = { ...newKeyState(KEY), givesOn: NODE_1, givesSince: SCANNED_AT };
const DEVICE = deviceOf("K-1", { thumbprint: KEY.thumbprint });

async function create(t: Teardown, usbKeys = true) {
  const platform = await createTestPlatform(ISSUED_AT);
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const profile = { ...platform.context.profile, usbKeys };
  const current = () => {
    const snapshot = hub.current();
    return { ...snapshot, state: { ...snapshot.state, profile } };
  };
  const list = (overview: UsbOverview) => {
    const usb = { overview: () => overview };
    const handler = createListUsbKeys({ hub: { current }, clock: platform.time.clock, usb, nodes: () => [] });
    return handler({}, {} as never) as ListUsbKeysResponse;
  };
  return { ...platform, platform, hub, list };
}

test("UK-ID-1, UK-ST-2: a key that gives is answered with its id, its licenses, its times and the row of the table", async (t) => {
  const { platform, hub, list, install } = await create(t);
  await install(KEY.claims);
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY", keys: [GIVING] });
  await hub.refresh();
  const [license] = hub.current().state.licenses;
  const answer = list(overviewOf([sightOf(NODE_1, [DEVICE])]));
  t.deepEqual(answer.keys, [
    {
      keyId: "K-1",
      managementNodeId: NODE_1,
      model: "Emulated key",
      status: UsbKeyStatus.GIVING,
      problem: UsbKeyProblem.UNSPECIFIED,
      licenseReason: "",
      message: "It gives its rights: leave it in.",
      provedTime: new Date(SCANNED_AT - 1_000),
      seenTime: new Date(SCANNED_AT),
      licenseIds: [license?.id ?? ""],
      publicKeyThumbprint: KEY.thumbprint,
      port: "1-1",
    },
  ]);
  t.like(answer, {
    status: UsbStatus.READY,
    statusRule: "UK-ST-2",
    unavailableReason: UsbUnavailableReason.UNSPECIFIED,
    unavailableMessage: "",
    buffers: [],
    evaluatedAt: new Date(ISSUED_AT),
    staleSince: undefined,
  });
  t.deepEqual(answer.revision, hub.current().state.revision);
  t.deepEqual(answer.nodes, [
    {
      managementNodeId: NODE_1,
      unavailableReason: UsbUnavailableReason.UNSPECIFIED,
      unavailableMessage: "",
      scannedTime: new Date(SCANNED_AT),
    },
  ]);
});

test("UK-ST-1 to UK-ST-4: every status is answered with its row; before the first key there is none", async (t) => {
  const { platform, hub, list } = await create(t);
  t.like(list(overviewOf([])), { status: UsbStatus.UNSPECIFIED, statusRule: "" });
  for (const [index, status] of USB_STATUSES.entries()) {
    await storeUsbState(platform, { ...NO_USB_STATE, status });
    await hub.refresh();
    t.like(list(overviewOf([])), { status: UsbStatus[status], statusRule: `UK-ST-${index + 1}` });
  }
});

test("UK-BU-2: a buffer is answered from its removal to its end, itself outside", async (t) => {
  const { platform, hub, list, time } = await create(t);
  const bufferEndsAt = ISSUED_AT + 30 * DAY_MS;
  const removed = { ...newKeyState(KEY), removedAt: ISSUED_AT, bufferEndsAt, isBufferVoid: false };
  await storeUsbState(platform, { ...NO_USB_STATE, status: "MISSING", keys: [removed] });
  await hub.refresh();
  const buffers = () => list(overviewOf([])).buffers;
  const running = [{ keyId: "K-1", startTime: new Date(ISSUED_AT), expireTime: new Date(bufferEndsAt) }];
  t.deepEqual(buffers(), running);
  time.jump(30 * DAY_MS - 1);
  t.deepEqual(buffers(), running);
  time.jump(1);
  t.deepEqual(buffers(), []);
});

test("threat 17: a history that does not verify gives no key its rights", async (t) => {
  const { platform, store, hub, list } = await create(t);
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY", keys: [GIVING] });
  store.state = { ...store.state, usbState: `${store.state.usbState}x` };
  await hub.refresh();
  const answer = list(overviewOf([sightOf(NODE_1, [DEVICE])]));
  t.is(answer.keys[0]?.status, UsbKeyStatus.NOT_COUNTING);
  t.is(answer.status, UsbStatus.UNSPECIFIED);
});

test("while the database is away the keys are answered as they were then, and since when", async (t) => {
  const { platform, store, hub, list, time } = await create(t);
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY", keys: [GIVING] });
  await hub.refresh();
  store.failure = new Error("away");
  await t.throwsAsync(hub.refresh());
  time.jump(3_600_000);
  const answer = list(overviewOf([sightOf(NODE_1, [DEVICE]), sightOf(NODE_2, [])]));
  t.is(answer.keys[0]?.status, UsbKeyStatus.GIVING);
  t.is(answer.staleSince?.getTime(), ISSUED_AT);
  t.deepEqual(
    answer.nodes.map(({ unavailableReason }) => unavailableReason),
    [UsbUnavailableReason.UNSPECIFIED, UsbUnavailableReason.UNSPECIFIED],
  );
});

test("UK-NO-1: the answering node says why it reads no keys: agent off, no scan yet, a product without keys", async (t) => {
  const own = { nodeId: NODE_1, unavailable: undefined, scanned: false };
  const { list } = await create(t);
  const off = { reason: "AGENT_OFF", message: "It is off." } as const;
  t.like(list(overviewOf([], { own: { ...own, unavailable: off } })), {
    unavailableReason: UsbUnavailableReason.AGENT_OFF,
    unavailableMessage: "It is off.",
  });
  const starting = list(overviewOf([], { own }));
  t.is(starting.unavailableReason, UsbUnavailableReason.NO_SCAN);
  t.regex(starting.unavailableMessage, /that takes seconds/);
  const without = await create(t, false);
  const answer = without.list(overviewOf([sightOf(NODE_1, [DEVICE])]));
  t.deepEqual(answer.keys, []);
  t.is(answer.unavailableReason, UsbUnavailableReason.NOT_IN_PRODUCT);
});

test("threats 25, 27: what a hostile device calls itself is escaped and cut", async (t) => {
  const { list } = await create(t);
  const hostile = deviceOf("\u001b[31m\r\nK", {
    model: "m".repeat(65_536),
    port: "\u202e1",
    licenseReason: '"\\',
    thumbprint: "t".repeat(100),
    problem: "LICENSE_REFUSED",
    hasLicense: false,
  });
  const [key] = list(overviewOf([sightOf(NODE_1, [hostile])])).keys;
  t.is(key?.keyId, "\\u{1b}[31m\\u{d}\\u{a}K");
  t.is(key?.model, `${"m".repeat(63)}…`);
  t.is(key?.port, "\\u{202e}1");
  t.is(key?.licenseReason, "\\u{22}\\u{5c}");
  t.is(key?.publicKeyThumbprint.length, 64);
  t.regex(key?.message ?? "", /refused \(\\u\{22\}\\u\{5c\}\): /);
});

test("threat 25: a node that shows thousands of devices makes no endless answer, and hides no key that counts", async (t) => {
  const { platform, hub, list } = await create(t);
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY", keys: [{ ...GIVING, givesOn: NODE_2 }] });
  await hub.refresh();
  const crowd = Array.from({ length: 1_500 }, (_, index) =>
    deviceOf(`A-${index}`, { isProven: false, problem: "NOT_A_KEY" }),
  );
  const { keys } = list(overviewOf([sightOf(NODE_1, crowd), sightOf(NODE_2, [DEVICE])]));
  t.is(keys.length, 1_000);
  t.is(keys.at(-1)?.status, UsbKeyStatus.GIVING);
  t.deepEqual(
    keys.slice(0, -1).map(({ keyId }) => keyId),
    crowd
      .map(({ keyId }) => keyId)
      .sort()
      .slice(0, 999),
  );
});
