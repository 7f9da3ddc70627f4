import test from "ava";
import type { DeviceSight, NodeSight } from "../../../../src/domain/usb/sights.ts";
import { observe } from "../../../../src/domain/usb/transition.ts";
import type { UsbStatus } from "../../../../src/domain/usb/usb-facts.ts";
import { NO_USB_STATE, newKeyState, usbFactsOf } from "../../../../src/domain/usb/usb-state.ts";

/*
 * The table of UK-ST, written by hand: counting keys on each node, in descending order. What is not a count stands
 * for a node without counting keys: see `NODES`.
 */
const TABLE: Readonly<Record<string, UsbStatus>> = {
  "0": "MISSING",
  "1": "READY",
  "2": "FAULT",
  "3": "FAULT",

  "0 0": "MISSING",
  "1 0": "READY",
  "1 1": "ABNORMAL",
  "2 0": "FAULT",
  "2 1": "ABNORMAL",
  "2 2": "FAULT",
  "3 0": "FAULT",
  "3 1": "ABNORMAL",
  "3 2": "FAULT",
  "3 3": "FAULT",

  "0 0 0": "MISSING",
  "1 0 0": "READY",
  "1 1 0": "ABNORMAL",
  "1 1 1": "ABNORMAL",
  "2 0 0": "FAULT",
  "2 1 0": "ABNORMAL",
  "2 1 1": "ABNORMAL",
  "2 2 0": "FAULT",
  "2 2 1": "ABNORMAL",
  "2 2 2": "FAULT",
  "3 0 0": "FAULT",
  "3 1 0": "ABNORMAL",
  "3 1 1": "ABNORMAL",
  "3 2 0": "FAULT",
  "3 2 1": "ABNORMAL",
  "3 2 2": "FAULT",
  "3 3 0": "FAULT",
  "3 3 1": "ABNORMAL",
  "3 3 2": "FAULT",
  "3 3 3": "FAULT",
};

/** Kinds of nodes: so many counting keys, so many that do not count, and whether the node can be reached. */
const NODES = {
  none: { counting: 0, other: 0, isLost: false },
  one: { counting: 1, other: 0, isLost: false },
  two: { counting: 2, other: 0, isLost: false },
  three: { counting: 3, other: 0, isLost: false },
  unreadable: { counting: 0, other: 2, isLost: false },
  oneBesideUnreadable: { counting: 1, other: 1, isLost: false },
  twoBesideUnreadable: { counting: 2, other: 1, isLost: false },
  lostWithOne: { counting: 1, other: 0, isLost: true },
  lostWithTwo: { counting: 2, other: 0, isLost: true },
} as const;
type NodeKind = keyof typeof NODES;
const KINDS = Object.keys(NODES) as NodeKind[];

const AT = Date.UTC(2026, 10, 23);

/** A key gave rights before. */
const EVER_GIVEN = {
  ...NO_USB_STATE,
  status: "MISSING",
  keys: [{ ...newKeyState({ keyId: "old", thumbprint: "old" }), givesSince: AT - 1 }],
} as const;

for (const nodes of [1, 2, 3]) {
  test(`UK-ST-1, UK-ST-2, UK-ST-3, UK-ST-4: every count of keys on ${nodes === 1 ? "one node" : `${nodes} nodes`}`, (t) => {
    const vectors = vectorsOf(nodes);
    t.is(vectors.length, KINDS.length ** nodes);
    for (const kinds of vectors) {
      const state = observe(EVER_GIVEN, observationOf(kinds));
      t.is(state.status, TABLE[countsOf(kinds)], kinds.join(", "));
      const expected = kinds.flatMap((kind, i) => (countOf(kind) === 1 ? [`key-${i}-0`] : []));
      t.deepEqual(
        usbFactsOf(state).giving.map(({ keyId }) => keyId),
        expected,
        kinds.join(", "),
      );
    }
  });
}

test("UK-ST-1: while no key ever gave rights there is no status, be there keys that do not count or not", (t) => {
  for (const kind of ["none", "unreadable", "lostWithOne"] as const) {
    t.is(observe(NO_USB_STATE, observationOf([kind])).status, undefined, kind);
  }
});

test("UK-ST-4: keys that were plugged in together for the first time give nothing, and none ever gave rights", (t) => {
  const state = observe(NO_USB_STATE, observationOf(["two"]));
  t.is(state.status, "FAULT");
  t.deepEqual(usbFactsOf(state).giving, []);
  t.is(observe(state, observationOf(["none"])).status, undefined);
});

function vectorsOf(length: number): readonly NodeKind[][] {
  if (length === 0) return [[]];
  return vectorsOf(length - 1).flatMap((rest) => KINDS.map((kind) => [...rest, kind]));
}

/** Counting keys of nodes that can be reached, in descending order. */
function countsOf(kinds: readonly NodeKind[]): string {
  return kinds.map(countOf).sort().reverse().join(" ");
}

function countOf(kind: NodeKind): number {
  return NODES[kind].isLost ? 0 : NODES[kind].counting;
}

function observationOf(kinds: readonly NodeKind[]) {
  const sights = kinds.map((kind, i): NodeSight => {
    const { counting, other } = NODES[kind];
    const devices = Array.from({ length: counting + other }, (_, n) => device(`key-${i}-${n}`, n < counting));
    return {
      nodeId: `node-${i}`,
      writtenAt: AT,
      scannedAt: AT,
      unavailable: undefined,
      scanRequest: 0,
      devices,
    };
  });
  const lostNodeIds = new Set(kinds.flatMap((kind, i) => (NODES[kind].isLost ? [`node-${i}`] : [])));
  return { at: AT, sights, lostNodeIds, licenses: [] };
}

function device(keyId: string, isCounting: boolean): DeviceSight {
  return {
    port: "1-1",
    keyId,
    thumbprint: `thumbprint of ${keyId}`,
    model: "",
    seenAt: AT,
    arrivedAt: AT,
    provedAt: isCounting ? AT : undefined,
    isProven: isCounting,
    hasLicense: true,
    mark: undefined,
    problem: isCounting ? undefined : "NO_ANSWER",
    licenseReason: undefined,
  };
}
