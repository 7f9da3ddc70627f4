import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { NodePulse } from "../../../src/start/node-pulse.ts";
import type { Beat, NodeIdentity, NodeRow } from "../../../src/store/nodes.ts";
import { createFakeTime } from "../../helpers/fake-time.ts";

const START = Date.parse("2026-03-04T05:06:07.000Z");
const OWN: NodeIdentity = { id: "a", name: "node-a", version: "1.0.0" };

/** A database with this node and another one, whose clock goes right; it can be taken away. */
async function startPulse(t: ExecutionContext, aheadMs = 0) {
  const time = createFakeTime(START);
  time.jump(aheadMs);
  let elapsedMs = 0;
  const database = { isAway: false, beats: 0, otherHeartbeatAt: START };
  const beat = async (node: NodeIdentity): Promise<Beat> => {
    if (database.isAway) throw new Error("away");
    database.beats += 1;
    const databaseNow = START + elapsedMs;
    const row = (parts: Partial<NodeRow>): NodeRow => {
      return { ...node, joinedAt: START, heartbeatAt: databaseNow, isPrimary: false, ...parts };
    };
    const other = row({ id: "b", name: "node-b", heartbeatAt: database.otherHeartbeatAt });
    return { databaseNow, nodes: [other, row({ isPrimary: true })], replacedHeartbeatAt: undefined };
  };
  const lines: { level: number; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const { clock, timers } = time;
  const pulse = await NodePulse.start({
    node: OWN,
    beat,
    clock,
    timers,
    log,
    monotonicMs: () => elapsedMs,
    pulseMs: 10_000,
  });
  t.teardown(() => pulse.close());
  return {
    pulse,
    time,
    database,
    messages: () => lines.map(({ level, msg }) => `${pino.levels.labels[level]}: ${msg}`),
    alive: () => pulse.nodes().flatMap(({ id, isAlive }) => (isAlive ? id : [])),
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 1_000) {
        elapsedMs += 1_000;
        await time.pass(1_000);
      }
    },
  };
}

test("the nodes are known once the pulse has started, and are read again with every heartbeat", async (t) => {
  const { pulse, database, alive, pass } = await startPulse(t);
  t.deepEqual(
    pulse.nodes().map(({ name }) => name),
    ["node-a", "node-b"],
  );
  t.deepEqual(alive(), ["a", "b"]);
  await pass(30_000);
  t.is(database.beats, 4);
  t.deepEqual(alive(), ["a", "b"]);
  await pass(10_000);
  t.deepEqual(alive(), ["a"], "the other one was silent for 40 s");
  database.otherHeartbeatAt = START + 45_000;
  await pass(10_000);
  t.deepEqual(alive(), ["a", "b"]);
});

test("while the database is away the other nodes age, and this one is alive", async (t) => {
  const { database, alive, pass } = await startPulse(t);
  database.isAway = true;
  await pass(40_000);
  t.deepEqual(alive(), ["a", "b"]);
  await pass(1_000);
  t.deepEqual(alive(), ["a"]);
  database.isAway = false;
  database.otherHeartbeatAt = START + 50_000;
  await pass(10_000);
  t.deepEqual(alive(), ["a", "b"]);
});

test("a clock a year off is an alert and one line of the log from the start on, until it is right again", async (t) => {
  const { pulse, time, messages, pass } = await startPulse(t, -365 * 86_400_000);
  t.like(pulse.alerts()[0], { kind: "CLOCK_DIFFERS", severity: "CRITICAL" });
  await pass(20_000);
  t.deepEqual(messages().length, 1);
  t.regex(messages()[0] ?? "", /^warn: The clock of this node is 365 d behind the database's/);
  time.jump(365 * 86_400_000);
  await pass(10_000);
  t.deepEqual(pulse.alerts(), []);
  t.is(messages()[1], "info: the clocks of this node and of the database agree again");
  time.jump(120_000);
  await pass(10_000);
  t.like(pulse.alerts()[0], { kind: "CLOCK_DIFFERS", severity: "WARNING" });
  t.is(messages().length, 3);
});

test("a closed pulse beats no more", async (t) => {
  const { pulse, database, time, pass } = await startPulse(t);
  await pulse.close();
  await pass(30_000);
  t.is(database.beats, 1);
  t.deepEqual(time.delays(), []);
});
