import { randomUUID } from "node:crypto";
import { EventEmitter, on } from "node:events";
import test, { type ExecutionContext } from "ava";
import { listenForRevisions } from "../../../src/store/revision-listener.ts";
import { openFaultyNetwork } from "./faulty-network.ts";
import { installIn, makeLicense, openTestStore, terminateConnections } from "./fixtures.ts";

type Happening = ["hint", unknown] | ["listening"] | ["lost", unknown];

/** Listens, and answers what happens one thing after another. */
function listen(t: ExecutionContext, url: string, pulseMs?: number) {
  const emitter = new EventEmitter();
  const happenings = on(emitter, "happening");
  const tell = (...happening: Happening) => emitter.emit("happening", happening);
  const listener = listenForRevisions(url, {
    onHint: (revision) => tell("hint", revision),
    onListening: () => tell("listening"),
    onLost: (error) => tell("lost", error),
    firstRetryMs: 1,
    ...(pulseMs === undefined ? {} : { pulseMs }),
  });
  t.teardown(() => listener.close());
  const next = async (): Promise<Happening> => (await happenings.next()).value?.[0];
  /** Passes over attempts that failed. */
  const nextListening = async () => {
    for (;;) {
      const happening = await next();
      if (happening[0] === "listening") return;
      t.is(happening[0], "lost");
    }
  };
  return { listener, next, nextListening };
}

test("a hint names the revision, comes only once it is committed, and never for a write that failed", async (t) => {
  const { url, store, nodeId } = await openTestStore(t);
  const { next } = listen(t, url);
  t.deepEqual(await next(), ["listening"]);
  await t.throwsAsync(
    store.write(async (tx) => {
      await installIn(tx, makeLicense(), nodeId);
      throw new Error("refused");
    }),
  );
  const writing = store.write((tx) => installIn(tx, makeLicense(), nodeId));
  const hint = await next();
  t.deepEqual(hint, ["hint", (await store.readRevisions()).revision]);
  t.deepEqual(hint, ["hint", (await writing).revision]);
});

test("a change of tokens is hinted at too", async (t) => {
  const { url, store } = await openTestStore(t);
  const { next } = listen(t, url);
  await next();
  await store.insertToken({
    id: randomUUID(),
    name: "a",
    role: "viewer",
    sha256: "0".repeat(64),
    createdAt: 0,
    expiresAt: undefined,
  });
  t.deepEqual(await next(), ["hint", (await store.readRevisions()).revision]);
});

test("a notification that is not ours to read is still a hint", async (t) => {
  const { url, knex } = await openTestStore(t);
  const { next } = listen(t, url);
  await next();
  await knex.raw("select pg_notify('license_revision', 'something else')");
  t.deepEqual(await next(), ["hint", undefined]);
});

test("a listener whose connection is ended by the database says so, listens again, and hears the next hint", async (t) => {
  const { url, knex, install } = await openTestStore(t);
  const { next, nextListening } = listen(t, url);
  t.deepEqual(await next(), ["listening"]);
  t.is(await terminateConnections(knex, "license-service listener"), 1);
  t.is((await next())[0], "lost");
  await nextListening();
  const { revision } = await install();
  t.deepEqual(await next(), ["hint", revision]);
});

test("a listener whose peer falls silent notices by its pulse and listens again", async (t) => {
  const { url, install } = await openTestStore(t);
  const network = await openFaultyNetwork(t, url);
  const { next, nextListening } = listen(t, network.url, 1_000);
  t.deepEqual(await next(), ["listening"]);
  network.silence();
  t.is((await next())[0], "lost");
  await nextListening();
  const { revision } = await install();
  t.deepEqual(await next(), ["hint", revision]);
});

test("a listener keeps trying while the database is away", async (t) => {
  const { url } = await openTestStore(t);
  const network = await openFaultyNetwork(t, url);
  await network.cut();
  const { next, nextListening } = listen(t, network.url);
  for (let attempt = 0; attempt < 3; attempt += 1) t.is((await next())[0], "lost");
  await network.repair();
  await nextListening();
  t.pass();
});

test("a closed listener leaves no connection behind, whether it listens or is only trying", async (t) => {
  const { url, knex } = await openTestStore(t);
  const listening = listen(t, url);
  await listening.next();
  const trying = listen(t, url);
  await Promise.all([listening.listener.close(), trying.listener.close(), trying.listener.close()]);
  const connections = knex("pg_stat_activity").where({ application_name: "license-service listener" });
  // The database notices an end a little later than we do.
  while ((await connections.clone().whereRaw("datname = current_database()")).length > 0);
  t.pass();
});
