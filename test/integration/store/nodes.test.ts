import { randomUUID } from "node:crypto";
import test from "ava";
import { readNodes } from "../../../src/store/nodes.ts";
import { createStore } from "../../../src/store/store.ts";
import { openTestDatabase, openTestPool, openTestStore } from "./fixtures.ts";

test("a heartbeat reads all nodes by the database's clock, and tells which one made the platform", async (t) => {
  const { store, nodeId, knex } = await openTestStore(t);
  const other = randomUUID();
  await store.registerNode({ id: other, name: "node-2", version: "2.0.0" });
  await knex("nodes").where({ id: other }).update({ heartbeat_at: "2020-01-01Z" });
  const beat = await store.beatNode({ id: nodeId, name: "node-1", version: "1.0.0" });
  const own = beat.nodes.find(({ id }) => id === nodeId);
  t.like(own, { name: "node-1", version: "1.0.0", isPrimary: true, heartbeatAt: beat.databaseNow });
  t.like(
    beat.nodes.find(({ id }) => id === other),
    { name: "node-2", version: "2.0.0", isPrimary: false, heartbeatAt: Date.parse("2020-01-01Z") },
  );
  t.is(beat.nodes.length, 2);
  const again = await store.beatNode({ id: nodeId, name: "node-1", version: "1.0.0" });
  t.is(again.replacedHeartbeatAt, own?.heartbeatAt);
});

test("a heartbeat makes the row of its node again when a restored database lacks it", async (t) => {
  const store = createStore(await openTestPool(t, await openTestDatabase(t)));
  const node = { id: randomUUID(), name: "node", version: "1.0.0" };
  const beat = await store.beatNode(node);
  t.is(beat.replacedHeartbeatAt, undefined);
  t.like(beat.nodes, [{ ...node, joinedAt: beat.databaseNow, isPrimary: false }]);
});

test("reading the nodes changes nothing, and tells the database's time even when there is none", async (t) => {
  const knex = await openTestPool(t, await openTestDatabase(t));
  const empty = await readNodes(knex);
  t.deepEqual(empty.nodes, []);
  t.true(Math.abs(empty.databaseNow - Date.now()) < 60_000);
  const id = randomUUID();
  await createStore(knex).registerNode({ id, name: "node" });
  const [before] = (await readNodes(knex)).nodes;
  t.like(before, { id, version: "" });
  t.deepEqual((await readNodes(knex)).nodes[0], before);
});
