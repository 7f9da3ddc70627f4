import test from "ava";
import type { NodeSight } from "../../../../src/domain/usb/sights.ts";
import type { AgentReport, SeenDevice } from "../../../../src/usb/agent/report.ts";
import { type OwnSightParts, ownSight } from "../../../../src/usb/platform/own-sight.ts";
import { deviceOf, keyNamed, NODE_1, SCANNED_AT, sightOf } from "./_ports.ts";

/** The database's time of 0 ms of the agent. */
const START = SCANNED_AT - 100_000;

test("UK-BU-9: before the first completed scan a node says nothing, and what it said before stands", (t) => {
  t.is(say({ scannedMs: undefined, devices: [seen("K-1")] }), undefined);
});

test("a key that is there is told with the instants of the database", (t) => {
  const sight = say({ devices: [seen("K-1", { arrivedMs: 40_000, provedMs: 90_000 })] });
  t.is(sight?.scannedAt, SCANNED_AT);
  t.like(sight?.devices[0], {
    ...keyNamed("K-1"),
    seenAt: SCANNED_AT,
    arrivedAt: START + 40_000,
    provedAt: START + 90_000,
    isProven: true,
    hasLicense: true,
    problem: undefined,
  });
});

test("UK-BU-7: a key that left is told with its last sight: that of the scan before, or of the row before a restart", (t) => {
  const gone = seen("K-1", { seenMs: 95_000 });
  t.like(say({ gone: [gone] })?.devices[0], { keyId: "K-1", seenAt: START + 95_000 });
  const previous = sightOf(NODE_1, [deviceOf("K-1", { seenAt: SCANNED_AT - 30_000 })]);
  t.like(say({}, { previous })?.devices[0], { keyId: "K-1", seenAt: SCANNED_AT - 30_000 });
  t.like(say({ gone: [gone] }, { previous })?.devices, [{ seenAt: START + 95_000 }]);
});

test("a key that came back is told once, as it is now", (t) => {
  const gone = seen("K-1", { seenMs: 95_000 });
  const devices = say({ gone: [gone], devices: [seen("K-1")] })?.devices ?? [];
  t.is(devices.length, 1);
  t.like(devices[0], { seenAt: SCANNED_AT });
});

test("what left a day ago is told no more", (t) => {
  const previous = sightOf(NODE_1, [deviceOf("K-1", { seenAt: SCANNED_AT - 24 * 3_600_000 })]);
  t.deepEqual(say({}, { previous })?.devices, []);
});

test("UK-BU-7: a clock of the database that was set back brings no key back", (t) => {
  const previous = sightOf(NODE_1, [deviceOf("K-1", { seenAt: SCANNED_AT + 3_600_000 })]);
  const [device] = say({}, { previous })?.devices ?? [];
  t.is(device?.seenAt, SCANNED_AT - 10_000);
});

test("UK-NO-1: a node that reads no keys says so, and what it saw before stands", (t) => {
  const previous = sightOf(NODE_1, [deviceOf("K-1")]);
  const unavailable = { reason: "AGENT_OFF", message: "It is off." } as const;
  const sight = say({ unavailable, scannedMs: undefined }, { previous });
  t.like(sight, { unavailable: "AGENT_OFF", scannedAt: previous.scannedAt, devices: previous.devices });
});

test("UK-ID-2: a key whose licenses were refused when they were to be taken does not count by them", (t) => {
  const sight = say({ devices: [seen("K-1")] }, { refusedBy: new Map([["device K-1", "ALREADY_EXPIRED"]]) });
  t.like(sight?.devices[0], {
    hasLicense: false,
    problem: "LICENSE_REFUSED",
    licenseReason: "ALREADY_EXPIRED",
  });
});

test("a device that could not be read is told without a name, and is no key that left once it goes", (t) => {
  const unread = { ...seen("K-1"), key: undefined, isProven: false, problem: "NO_PERMISSION" } as const;
  const sight = say({ devices: [unread] });
  t.like(sight?.devices[0], { keyId: "", isProven: false, hasLicense: false, problem: "NO_PERMISSION" });
  t.deepEqual(say({}, { previous: sight })?.devices, []);
});

function say(report: Partial<AgentReport>, parts: Partial<OwnSightParts> = {}): NodeSight | undefined {
  return ownSight({
    nodeId: NODE_1,
    report: { unavailable: undefined, scannedMs: 100_000, devices: [], gone: [], ...report },
    previous: undefined,
    scanRequest: 0,
    refusedBy: new Map(),
    at: SCANNED_AT,
    toInstant: (ms) => START + ms,
    ...parts,
  });
}

function seen(keyId: string, changes: Partial<SeenDevice> = {}): SeenDevice {
  const file = { fileName: "", license: {}, signedBytes: "" } as SeenFile;
  return {
    id: `device ${keyId}`,
    port: "1-1",
    key: {
      ...keyNamed(keyId),
      model: "Emulated key",
      reading: { files: [file], refusals: [], inflatedBytes: 0 },
    },
    arrivedMs: 0,
    seenMs: 100_000,
    provedMs: 0,
    isProven: true,
    mark: undefined,
    problem: undefined,
    licenseReason: undefined,
    ...changes,
  };
}

type SeenFile = NonNullable<SeenDevice["key"]>["reading"]["files"][number];
