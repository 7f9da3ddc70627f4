import test from "ava";
import { unwatchedKeys } from "../../../../src/usb/platform/watching.ts";
import { keyNamed, NODE_1, NODE_2, SCANNED_AT, sightOf, stateGiving } from "./_ports.ts";

const { keys } = stateGiving({ "K-1": NODE_1 });

function unwatched(at: number, sights = [sightOf(NODE_1, [])], seenHere = [] as const) {
  return unwatchedKeys({ keys, sights, at, seenHere });
}

test("EV-4: a key is unwatched once its node has not looked for a minute, from the last look on", (t) => {
  t.deepEqual(unwatched(SCANNED_AT + 59_999), []);
  t.deepEqual(unwatched(SCANNED_AT + 60_000), [{ ...keyNamed("K-1"), since: SCANNED_AT }]);
});

test("UK-BU-9: a key in this node's own port is watched, be the database there or not", (t) => {
  const seenHere = [keyNamed("K-1")];
  t.deepEqual(unwatchedKeys({ keys, sights: [], at: SCANNED_AT + 3_600_000, seenHere }), []);
});

test("EV-4: another node's look is none at this port, and a clock set back does not hide that nobody looks", (t) => {
  const sights = [sightOf(NODE_1, []), sightOf(NODE_2, [], { scannedAt: SCANNED_AT + 90_000 })];
  t.is(unwatched(SCANNED_AT + 90_000, sights).length, 1);
  t.is(unwatched(SCANNED_AT - 3_600_000).length, 1);
});
