import test from "ava";
import { listNodes } from "../../../src/nodes/node-list.ts";
import type { NodeRow } from "../../../src/store/nodes.ts";

const NOW = Date.parse("2026-03-04T05:06:07.000Z");

function node(differences: Partial<NodeRow>): NodeRow {
  return {
    id: "0",
    name: "node",
    version: "1.0.0",
    joinedAt: 0,
    heartbeatAt: NOW,
    isPrimary: false,
    ...differences,
  };
}

test("the node that made the platform comes first, then the others by name, then by id", (t) => {
  const nodes = [
    node({ id: "4", name: "b" }),
    node({ id: "3", name: "b" }),
    node({ id: "2", name: "z", isPrimary: true }),
    node({ id: "1", name: "a" }),
  ];
  t.deepEqual(
    listNodes({ databaseNow: NOW, nodes }).map(({ id }) => id),
    ["2", "1", "3", "4"],
  );
});

test("a node is alive while its heartbeat is 30 s old or younger by the database's clock", (t) => {
  const nodes = [
    node({ id: "a", heartbeatAt: NOW - 30_000 }),
    node({ id: "b", heartbeatAt: NOW - 30_001 }),
    node({ id: "c", heartbeatAt: NOW + 5 }),
  ];
  const alive = (unheardMs?: number, ownId?: string) =>
    listNodes({ databaseNow: NOW, nodes }, unheardMs, ownId).flatMap(({ id, isAlive }) =>
      isAlive ? id : [],
    );
  t.deepEqual(alive(), ["a", "c"]);
  t.deepEqual(alive(1), ["c"], "time without a heartbeat counts");
  t.deepEqual(alive(3_600_000, "b"), ["b"], "the node that asks is alive");
});
