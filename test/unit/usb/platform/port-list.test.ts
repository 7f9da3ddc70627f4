import test from "ava";
import { UNAVAILABLE_REASONS } from "../../../../src/domain/usb/sights.ts";
import { listPorts } from "../../../../src/usb/platform/port-list.ts";
import type { OwnPorts } from "../../../../src/usb/platform/usb-overview.ts";
import { NODE_1, NODE_2, overviewOf, SCANNED_AT, sightOf } from "./_ports.ts";

const OWN: OwnPorts = { nodeId: NODE_1, unavailable: undefined, scanned: true, scanAgeMs: 1_000 };

function reasonsOf(...parameters: Parameters<typeof listPorts>): readonly (string | undefined)[] {
  return listPorts(...parameters).map(({ unreadable }) => unreadable?.reason);
}

test("every node is listed once, by id, be it known by its heartbeat or by what it sees", (t) => {
  const ports = listPorts(overviewOf([sightOf(NODE_2, [])]), [NODE_2, NODE_1], true);
  t.deepEqual(ports, [
    { nodeId: NODE_1, unreadable: undefined, scannedAt: undefined },
    { nodeId: NODE_2, unreadable: undefined, scannedAt: SCANNED_AT },
  ]);
});

test("UK-NO-1: the answering node says in its own words why it reads no keys", (t) => {
  const unavailable = { reason: "NO_USB_SUPPORT", message: "No USB here." } as const;
  const [own] = listPorts(overviewOf([], { own: { ...OWN, unavailable } }), [], true);
  t.deepEqual(own?.unreadable, unavailable);
});

test("UK-NO-1: other nodes say by their sights why they read no keys, each with what to do", (t) => {
  for (const unavailable of UNAVAILABLE_REASONS) {
    const [, other] = listPorts(overviewOf([sightOf(NODE_2, [], { unavailable })]), [], true);
    t.is(other?.unreadable?.reason, unavailable);
    t.regex(other?.unreadable?.message ?? "", /^[A-Z].*[:;] .*\.$/);
  }
});

test("a node that never completed a scan says so, this one until it has", (t) => {
  t.deepEqual(reasonsOf(overviewOf([], { own: { ...OWN, scanned: false } }), [NODE_2], true), [
    "NO_SCAN",
    "NO_SCAN",
  ]);
  const silent = sightOf(NODE_2, [], { scannedAt: undefined });
  t.deepEqual(reasonsOf(overviewOf([silent]), [], true), [undefined, "NO_SCAN"]);
});

test("a scan that is more than a minute old says nothing of now", (t) => {
  const other = sightOf(NODE_2, []);
  const read = (readAt: number, scanAgeMs: number) =>
    reasonsOf(overviewOf([other], { readAt, own: { ...OWN, scanAgeMs } }), [], true);
  t.deepEqual(read(SCANNED_AT + 60_000, 60_000), [undefined, undefined]);
  t.deepEqual(read(SCANNED_AT + 60_001, 60_001), ["NO_SCAN", "NO_SCAN"]);
});

test("UK-BU-9: a lost node is told as lost, whatever it said last", (t) => {
  const sight = sightOf(NODE_2, [], { unavailable: "AGENT_OFF" });
  const [, lost] = listPorts(overviewOf([sight], { lostNodeIds: new Set([NODE_2]) }), [], true);
  t.is(lost?.unreadable?.reason, "NO_SCAN");
  t.regex(lost?.unreadable?.message ?? "", /not heard of for a minute/);
});

test("UK-NO-1: in a product without USB keys no node reads any", (t) => {
  t.deepEqual(reasonsOf(overviewOf([sightOf(NODE_2, [])]), [NODE_1], false), [
    "NOT_IN_PRODUCT",
    "NOT_IN_PRODUCT",
  ]);
});
