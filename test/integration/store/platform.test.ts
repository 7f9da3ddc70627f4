import { randomUUID } from "node:crypto";
import test from "ava";
import { createStore } from "../../../src/store/store.ts";
import { openTestDatabase, openTestPool, platformRow } from "./fixtures.ts";

test("of nodes that register a platform at once, one wins and all read the winner's", async (t) => {
  const url = await openTestDatabase(t);
  const store = createStore(await openTestPool(t, url));
  const nodeIds: string[] = Array.from({ length: 6 }, () => randomUUID());
  await Promise.all(nodeIds.map((id, n) => store.registerNode({ id, name: `node-${n}` })));
  const answers = await Promise.all(nodeIds.map((id) => store.registerPlatform(platformRow(id))));
  const winner = await store.readPlatform();
  t.true(nodeIds.includes(winner?.primaryNodeId ?? ""));
  for (const answer of answers) t.deepEqual(answer, winner);
});

test("a database without a platform says so", async (t) => {
  const store = createStore(await openTestPool(t, await openTestDatabase(t)));
  t.is(await store.readPlatform(), undefined);
  await t.throwsAsync(store.loadState(), { message: /no platform is registered/ });
});

test("the platform lock admits one at a time, and what its work wrote is there for the next", async (t) => {
  const url = await openTestDatabase(t);
  const stores = [createStore(await openTestPool(t, url)), createStore(await openTestPool(t, url))];
  let inside = 0;
  const seen = await Promise.all(
    stores.map((store) =>
      store.withPlatformLock(async (trx) => {
        inside += 1;
        t.is(inside, 1);
        const own = createStore(trx);
        const before = await own.readPlatform();
        const id = randomUUID();
        await own.registerNode({ id, name: "node" });
        await own.registerPlatform(platformRow(id));
        inside -= 1;
        return before;
      }),
    ),
  );
  t.is(seen.filter((platform) => platform === undefined).length, 1);
  t.deepEqual(
    seen.find((platform) => platform !== undefined),
    await stores[0]?.readPlatform(),
  );
});

test("a node that registers again keeps its first time, takes its new name and a new heartbeat", async (t) => {
  const knex = await openTestPool(t, await openTestDatabase(t));
  const store = createStore(knex);
  const id = randomUUID();
  await store.registerNode({ id, name: "old" });
  await knex("nodes").update({ joined_at: "2020-01-01Z", heartbeat_at: "2020-01-01Z" });
  await store.registerNode({ id, name: "new" });
  const [node] = await knex("nodes").select();
  t.like(node, { name: "new", joined_at: new Date("2020-01-01Z") });
  t.true(node.heartbeat_at > new Date("2020-01-01Z"));
});

test("UK-BU-9: a heartbeat is by the database's clock", async (t) => {
  const knex = await openTestPool(t, await openTestDatabase(t));
  const store = createStore(knex);
  const id = randomUUID();
  await store.registerNode({ id, name: "node" });
  await knex("nodes").update({ heartbeat_at: "2020-01-01Z" });
  const beat = await store.beatNode({ id, name: "node", version: "1.2.3" });
  t.deepEqual(beat.replacedHeartbeatAt, Date.parse("2020-01-01Z"));
  t.is(beat.nodes[0]?.heartbeatAt, beat.databaseNow);
  const age = await knex("nodes").first(
    knex.raw("now() - heartbeat_at between '0' and '1 minute' as is_new"),
  );
  t.deepEqual(age, { is_new: true });
});
