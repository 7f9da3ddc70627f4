import test from "ava";
import { HOSTILE_DEVICES } from "../../../../src/usb/emulator/hostile.ts";
import { prepare, provenIds, seen, until } from "./agent-bench.ts";

/** Long enough for three tries of the slowest device, and another proof. */
const A_WHILE_MS = 150_000;

for (const { name, make } of HOSTILE_DEVICES) {
  test(`threat 25: beside a device of which ${name} a key is read and proven, each minute`, async (t) => {
    const { bus, time, key, start, closeWhile } = await prepare(t);
    const plugged = bus.plug(make());
    bus.plug(await key("key-1"));
    const agent = await start();
    await until(() => provenIds(agent.report()).includes("key-1"));
    t.is(seen(agent.report(), "key-1").provedMs, 0);
    await time.pass(A_WHILE_MS);
    t.like(seen(agent.report(), "key-1"), { provedMs: 120_000, problem: undefined });
    const device = agent.report().devices.find(({ id }) => id === plugged.id);
    // One that pulls itself is not there any more.
    t.true(device === undefined || device.problem !== undefined);
    await closeWhile(agent);
    t.deepEqual(time.delays(), []);
    t.is(bus.openDevices, 0);
  });
}

test("threat 25: hostile devices that come and go leave nothing behind", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.plug(await key("key-1"));
  const agent = await start();
  await until(() => provenIds(agent.report()).includes("key-1"));
  for (let round = 0; round < 3; round++) {
    const plugged = HOSTILE_DEVICES.map(({ make }) => bus.plug(make()));
    await time.pass(2_500);
    for (const { unplug } of plugged) unplug();
    await time.pass(100);
  }
  await time.pass(61_000);
  t.deepEqual(provenIds(agent.report()), ["key-1"]);
  t.is(agent.report().devices.length, 1);
  t.deepEqual(agent.report().gone, []);
  // The next listing and the next proof.
  t.is(time.delays().length, 2);
});
