import test from "ava";
import { DuplicateWatch } from "../../../src/nodes/duplicate-watch.ts";
import type { Beat } from "../../../src/store/nodes.ts";

const ID = "8f14e45f-ceea-467f-a8d1-3a1f5c0b7e11";

/** A heartbeat at `at` that found `replaced` in the row. */
function beat(at: number, replaced: number | undefined): Beat {
  const node = { id: ID, name: "n", version: "", joinedAt: 0, heartbeatAt: at, isPrimary: true };
  return { databaseNow: at, nodes: [node], replacedHeartbeatAt: replaced };
}

function verdicts(beats: readonly Beat[]): readonly boolean[] {
  const watch = new DuplicateWatch();
  return beats.map((each) => watch.look(ID, each));
}

test("two processes of one node id are noticed at the second heartbeat that another one renewed", (t) => {
  const beats = [beat(10, undefined), beat(20, 15), beat(30, 25), beat(40, 35)];
  t.deepEqual(verdicts(beats), [false, false, true, true]);
});

test("a quick restart, a heartbeat whose answer was lost and a restored database are no second process", (t) => {
  t.deepEqual(verdicts([beat(10, 9), beat(20, 10)]), [false, false], "restart");
  t.deepEqual(verdicts([beat(10, 9), beat(30, 20), beat(40, 30)]), [false, false, false], "lost answer");
  t.deepEqual(verdicts([beat(10, 9), beat(20, 5), beat(30, 15)]), [false, false, false], "older rows");
  t.deepEqual(verdicts([beat(10, 9), beat(20, undefined)]), [false, false], "row missing");
});

test("it ends when the other process is gone", (t) => {
  const beats = [beat(10, undefined), beat(20, 15), beat(30, 25), beat(40, 30)];
  t.deepEqual(verdicts(beats), [false, false, true, false]);
});
