import test from "ava";
import type { DeviceSight, NodeSight } from "../../../src/domain/usb/sights.ts";
import { insertedKeys } from "../../../src/licensing/inserted-keys.ts";
import { signSight } from "../../../src/platform/usb-rows.ts";
import type { UsbNodeRow } from "../../../src/store/usb.ts";
import { createTestPlatformKey } from "../../helpers/vendor.ts";

const NOW = Date.UTC(2026, 0, 1);
const NODE = "00000000-0000-4000-8000-000000000001";
const KEY = { keyId: "key-1", thumbprint: "thumbprint-1" };

function sight(changes: Partial<NodeSight> = {}, device: Partial<DeviceSight> = {}): NodeSight {
  const scannedAt = changes.scannedAt ?? NOW - 5_000;
  const seen: DeviceSight = {
    ...KEY,
    port: "1-1",
    model: "",
    seenAt: scannedAt,
    arrivedAt: scannedAt,
    provedAt: scannedAt,
    isProven: true,
    hasLicense: false,
    mark: undefined,
    problem: undefined,
    licenseReason: undefined,
    ...device,
  };
  return {
    nodeId: NODE,
    writtenAt: NOW,
    scannedAt,
    unavailable: undefined,
    scanRequest: 0,
    devices: [seen],
    ...changes,
  };
}

const platformKey = await createTestPlatformKey();

async function insertedBy(seen: NodeSight, row: Partial<UsbNodeRow> = {}, key = platformKey) {
  const document = await signSight(key, seen);
  const node = { id: NODE, heartbeatAt: NOW - 1_000, sight: document, ...row };
  const reading = { databaseNow: NOW, state: undefined, scanRequest: 0, nodes: [node] };
  return insertedKeys(reading, platformKey.publicKeyX);
}

test("ZC-AM-5: a key that proves itself in the port of a living node is inserted, with licenses or without", async (t) => {
  t.deepEqual(await insertedBy(sight()), [KEY]);
  t.deepEqual(await insertedBy(sight({}, { hasLicense: true })), [KEY]);
});

test("ZC-AM-5: a key that left, cannot be read or does not prove itself is not inserted", async (t) => {
  t.deepEqual(await insertedBy(sight({}, { seenAt: NOW - 5_001 })), []);
  t.deepEqual(await insertedBy(sight({}, { isProven: false })), []);
  t.deepEqual(await insertedBy(sight({}, { thumbprint: "" })), []);
});

test("ZC-AM-5: what a node said a minute ago, or a node that is silent for one, says nothing of now", async (t) => {
  t.deepEqual(await insertedBy(sight({ scannedAt: NOW - 60_000 })), [KEY]);
  t.deepEqual(await insertedBy(sight({ scannedAt: NOW - 60_001 })), []);
  t.deepEqual(await insertedBy(sight(), { heartbeatAt: NOW - 60_001 }), []);
  t.deepEqual(await insertedBy(sight({ scannedAt: NOW + 60_001 })), []);
  t.deepEqual(await insertedBy(sight({ unavailable: "AGENT_OFF" })), []);
});

test("EV-8: a node sees what it signed for itself, and nothing else", async (t) => {
  t.deepEqual(await insertedBy(sight(), {}, await createTestPlatformKey()), []);
  t.deepEqual(await insertedBy(sight(), { id: "00000000-0000-4000-8000-000000000002" }), []);
  t.deepEqual(await insertedBy(sight(), { sight: "a.b.c" }), []);
  t.deepEqual(await insertedBy(sight(), { sight: undefined }), []);
});
