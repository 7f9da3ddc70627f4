import test from "ava";
import { lostNodes } from "../../../../src/domain/usb/lost-nodes.ts";
import { livesOf } from "../../../../src/usb/platform/lives.ts";
import { NODE_1, NODE_2, SCANNED_AT, sightOf } from "./_ports.ts";

const MINUTE = 60_000;

function readingAt(heartbeatAt: number) {
  const nodes = [NODE_1, NODE_2].map((id) => ({ id, heartbeatAt, sight: undefined }));
  return { databaseNow: heartbeatAt, state: undefined, scanRequest: 0, nodes };
}

test("EV-8, UK-BU-9: a heartbeat that somebody renews in the database keeps no node alive that signs nothing", (t) => {
  const at = SCANNED_AT + MINUTE;
  const sights = [sightOf(NODE_1, []), sightOf(NODE_2, [], { writtenAt: at })];
  const lives = livesOf(readingAt(at), sights);
  t.deepEqual([...lostNodes(lives, at, SCANNED_AT)], [NODE_1]);
});

test("a node that has signed nothing yet is heard of by its heartbeat", (t) => {
  t.deepEqual(livesOf(readingAt(SCANNED_AT), []), [
    { id: NODE_1, heardAt: SCANNED_AT },
    { id: NODE_2, heardAt: SCANNED_AT },
  ]);
});

test("UK-BU-9: who has not listened for a minute calls nobody lost", (t) => {
  const at = SCANNED_AT + MINUTE;
  const lives = livesOf(readingAt(SCANNED_AT), []);
  t.is(lostNodes(lives, at, SCANNED_AT + 1).size, 0);
  t.is(lostNodes(lives, at, undefined).size, 0);
  t.is(lostNodes(lives, at, SCANNED_AT).size, 2);
});
