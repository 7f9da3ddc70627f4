import test from "ava";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { settled } from "../../../helpers/fake-time.ts";
import { Box, prepare, provenIds, seen, until } from "./agent-bench.ts";

test("UK-ID-2: a key that is plugged in is read, verified and proven, with no other word", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const agent = await start();
  let told = 0;
  agent.subscribe(() => {
    told += 1;
  });
  await time.pass(2_000);
  t.is(told, 1);
  t.like(agent.report(), { unavailable: undefined, scannedMs: 2_000, devices: [] });
  bus.plug(await key("key-1"), { port: "1-2.4" });
  await time.pass(100);
  await until(() => provenIds(agent.report()).length === 1);
  const device = seen(agent.report(), "key-1");
  t.like(device, {
    port: "1-2.4",
    arrivedMs: 2_100,
    seenMs: 2_100,
    provedMs: 2_100,
    isProven: true,
    mark: 0,
    problem: undefined,
    licenseReason: undefined,
  });
  t.like(device.key, { model: "Emulated key", reading: { refusals: [] } });
  t.is(device.key?.reading.files.length, 1);
  // It was listed, and then read.
  t.is(told, 3);
});

test("UK-BU-7: a key that is pulled leaves the report at once, and its last sight stays known for a minute", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const plugged = bus.plug(await key("key-1"));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(7_000);
  plugged.unplug();
  await time.pass(100);
  t.like(agent.report(), { scannedMs: 7_100, devices: [] });
  t.like(agent.report().gone[0], { key: { keyId: "key-1" }, isProven: true, seenMs: 7_000 });
  t.is(agent.report().gone.length, 1);
  await time.pass(59_999);
  t.is(agent.report().gone.length, 1);
  await time.pass(1);
  t.is(agent.report().gone.length, 0);
});

test("two keys are two devices, each with its own proof", async (t) => {
  const { bus, key, start } = await prepare(t);
  bus.plug(await key("key-1"));
  bus.plug(await key("key-2"));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 2);
  t.deepEqual(provenIds(agent.report()), ["key-1", "key-2"]);
});

test("UK-BU-7: keys that change places between two scans are one gone and one there", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const first = bus.plug(await key("key-1"));
  const second = await key("key-2");
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(3_000);
  first.unplug();
  bus.plug(second, { port: first.port });
  await time.pass(100);
  await until(() => provenIds(agent.report()).includes("key-2"));
  t.deepEqual(provenIds(agent.report()), ["key-2"]);
  t.deepEqual(
    agent.report().gone.map((device) => device.key?.keyId),
    ["key-1"],
  );
});

test("UK-BU-5: the same key back is a new stay, and proves itself anew", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const dongle = await key("key-1");
  const first = bus.plug(dongle);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(3_000);
  first.unplug();
  await time.pass(100);
  const second = bus.plug(dongle);
  await time.pass(100);
  await until(() => provenIds(agent.report()).length === 1);
  t.like(seen(agent.report(), "key-1"), { id: second.id, arrivedMs: 3_200, provedMs: 3_200 });
});

test("a key that comes and goes within one burst of events is one scan", async (t) => {
  const { bus, time, key, start, counting } = await prepare(t);
  const dongle = await key("key-1");
  const agent = await start();
  await time.pass(2_000);
  const { lists } = counting;
  for (let turn = 0; turn < 50; turn++) bus.plug(dongle).unplug();
  bus.plug(dongle);
  await time.pass(100);
  t.is(counting.lists, lists + 1);
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(1_000);
  t.is(counting.lists, lists + 1);
});

test("UK-BU-9: a host that tells nothing of its ports is asked every five seconds", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.isMute = true;
  const agent = await start();
  await time.pass(2_000);
  const plugged = bus.plug(await key("key-1"));
  await time.pass(4_999);
  t.is(agent.report().devices.length, 0);
  await time.pass(1);
  await until(() => provenIds(agent.report()).length === 1);
  plugged.unplug();
  await time.pass(5_000);
  t.like(agent.report(), { scannedMs: 12_000, devices: [] });
});

test("UK-BU-9: until the ports have settled no scan is complete, so that a late device is not absent", async (t) => {
  const { bus, time, start, counting } = await prepare(t);
  const agent = await start();
  await time.pass(1_999);
  t.is(agent.report().scannedMs, undefined);
  t.is(counting.lists, 2);
  bus.isMute = true;
  await time.pass(1);
  t.is(agent.report().scannedMs, 2_000);
  t.is(counting.lists, 3);
});

test("UK-BU-9: a key that proves itself before ends the settling at once", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.plug(await key("key-1"));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  t.is(agent.report().scannedMs, 0);
  await time.pass(1_000);
  t.is(agent.report().scannedMs, 1_000);
});

test("UK-BU-4: the first scan waits for keys that are still read, so that none of two looks alone", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const slow = new Box(await key("key-1"));
  slow.replyDelayMs = 700;
  bus.plug(slow);
  bus.plug(await key("key-2"));
  const agent = await start();
  await time.pass(3_000);
  t.deepEqual(provenIds(agent.report()), ["key-2"]);
  t.is(agent.report().scannedMs, undefined);
  await time.pass(500);
  t.deepEqual(provenIds(agent.report()), ["key-1", "key-2"]);
  t.is(agent.report().scannedMs, 3_000);
});

test("threat 25: a device that does not let itself be read holds up the first scan for ten seconds", async (t) => {
  const { bus, time, keyMemory, key, start } = await prepare(t);
  const slow = new Box(new Dongle(await keyMemory("key-1", { blob: new Uint8Array(50_000) })));
  slow.replyDelayMs = 900;
  bus.plug(slow);
  bus.plug(await key("key-2"));
  const agent = await start();
  await time.pass(9_999);
  t.is(agent.report().scannedMs, undefined);
  await time.pass(1);
  t.is(agent.report().scannedMs, 10_000);
});

test("threat 25: a scan is waited for no longer than four seconds, whatever is plugged in", async (t) => {
  const { bus, time, keyMemory, start } = await prepare(t);
  const agent = await start();
  await time.pass(2_000);
  const slow = new Box(new Dongle(await keyMemory("key-1", { blob: new Uint8Array(50_000) })));
  slow.replyDelayMs = 900;
  const plugged = bus.plug(slow);
  let isDone = false;
  const scan = agent.scan().then(() => {
    isDone = true;
  });
  await settled();
  await time.pass(3_999);
  t.false(isDone);
  await time.pass(1);
  await scan;
  t.is(agent.report().devices.length, 1);
  // An exchange with it ends at its pulling, and not before.
  plugged.unplug();
});

test("UK-NO-1: a host without USB support is told once, tried every minute, and once when it works", async (t) => {
  const { bus, time, key, lines, start, counting } = await prepare(t);
  bus.listFault = "NO_USB_SUPPORT";
  const agent = await start();
  await time.pass(0);
  await until(() => agent.report().unavailable !== undefined);
  t.like(agent.report(), { unavailable: { reason: "NO_USB_SUPPORT" }, scannedMs: undefined, devices: [] });
  t.regex(
    agent.report().unavailable?.message ?? "",
    /everything else is served\. Plug keys into another node/,
  );
  await time.pass(59_000);
  t.is(counting.lists, 1);
  await time.pass(121_000);
  t.is(counting.lists, 4);
  t.is(lines.length, 1);
  bus.listFault = undefined;
  bus.isMute = true;
  bus.plug(await key("key-1"));
  await time.pass(60_000);
  await until(() => provenIds(agent.report()).length === 1);
  t.like(agent.report(), { unavailable: undefined, scannedMs: 240_000 });
  t.is(lines.length, 2);
  t.is(lines[1], "the USB ports can be read again");
});

test("UK-NO-1: a scan that is asked for tries a host without USB support at once", async (t) => {
  const { bus, key, start } = await prepare(t);
  bus.listFault = "NO_USB_SUPPORT";
  const agent = await start();
  await agent.scan();
  t.is(agent.report().unavailable?.reason, "NO_USB_SUPPORT");
  bus.listFault = undefined;
  bus.isMute = true;
  bus.plug(await key("key-1"));
  await agent.scan();
  t.deepEqual(provenIds(agent.report()), ["key-1"]);
});

test("UK-NO-1: ports that may not be listed are another reason, tried with every poll", async (t) => {
  const { bus, time, lines, start } = await prepare(t);
  bus.listFault = "NO_PERMISSION";
  const agent = await start();
  await agent.scan();
  t.is(agent.report().unavailable?.reason, "NO_PERMISSION");
  await time.pass(20_000);
  t.is(lines.length, 1);
  bus.listFault = undefined;
  await time.pass(5_000);
  t.is(agent.report().unavailable, undefined);
  // It settles again before it says what is absent.
  t.is(agent.report().scannedMs, undefined);
  await time.pass(2_000);
  t.is(agent.report().scannedMs, 27_000);
});

test("UK-NO-1: an agent that is off says so, scans nothing and keeps nothing running", async (t) => {
  const { time, start } = await prepare(t, { bus: undefined });
  const agent = await start();
  t.is(agent.report().unavailable?.reason, "AGENT_OFF");
  await agent.scan();
  await agent.raiseMark("key-1", 1);
  t.deepEqual(time.delays(), []);
});

test("UK-BU-9: while the ports cannot be read nothing is absent and no proof fails", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(6_000);
  bus.listFault = "OTHER";
  box.overrule = () => "stall";
  await time.pass(200_000);
  t.is(agent.report().scannedMs, 6_000);
  t.like(seen(agent.report(), "key-1"), { isProven: true, provedMs: 0, seenMs: 6_000 });
  bus.listFault = undefined;
  box.overrule = undefined;
  await time.pass(5_000);
  await until(() => (seen(agent.report(), "key-1").provedMs ?? 0) > 200_000);
  t.true((agent.report().scannedMs ?? 0) > 200_000);
});

test("devices of other ids are none of ours, whatever they are", async (t) => {
  const { bus, time, keyMemory, start } = await prepare(t);
  const foreign = new Box(new Dongle(await keyMemory("key-1")));
  bus.plug(Object.assign(foreign, { productId: 2 }));
  const agent = await start();
  await time.pass(10_000);
  t.deepEqual(agent.report().devices, []);
  t.deepEqual(foreign.requests, []);
});

test("a scan reads and proves what is there anew, and waits for it", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.isMute = true;
  bus.plug(await key("key-1"));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(3_000);
  bus.plug(await key("key-2"));
  await time.pass(500);
  await agent.scan();
  t.deepEqual(provenIds(agent.report()), ["key-1", "key-2"]);
  t.is(seen(agent.report(), "key-1").provedMs, 3_500);
  t.is(agent.report().scannedMs, 3_500);
});

test("a scan that is asked for at the start waits until the ports have settled", async (t) => {
  const { time, start } = await prepare(t);
  const agent = await start();
  let isDone = false;
  const scan = agent.scan().then(() => {
    isDone = true;
  });
  await settled();
  await time.pass(1_900);
  t.false(isDone);
  await time.pass(100);
  await scan;
  t.is(agent.report().scannedMs, 2_000);
});

test("listeners hear of changes, and of nothing when only times have changed", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.plug(await key("key-1"));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  let told = 0;
  const unsubscribe = agent.subscribe(() => {
    told += 1;
  });
  await time.pass(180_000);
  t.is(told, 0);
  t.true((seen(agent.report(), "key-1").provedMs ?? 0) >= 120_000);
  bus.plug(await key("key-2"));
  await time.pass(100);
  t.true(told > 0);
  const before = told;
  unsubscribe();
  bus.plug(await key("key-3"));
  await time.pass(100);
  t.is(told, before);
});

test("threat 18: the mark of the platform is raised on its key, and is what a proof then names", async (t) => {
  const { bus, key, start } = await prepare(t);
  const dongle = await key("key-1");
  bus.plug(dongle);
  bus.plug(await key("key-2"));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 2);
  await agent.raiseMark("key-1", 7);
  t.is(seen(agent.report(), "key-1").mark, 7);
  t.is(seen(agent.report(), "key-2").mark, 0);
  t.is(dongle.memory.marks[0]?.mark, 7n);
  await agent.raiseMark("key-1", 6);
  t.is(seen(agent.report(), "key-1").mark, 7);
});

test("threat 18: a key that does not keep the mark is logged once, and gives its rights all the same", async (t) => {
  const { bus, key, lines, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  box.overrule = (request) => (request === 0x05 ? "stall" : undefined);
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await agent.raiseMark("key-1", 7);
  await agent.raiseMark("key-1", 8);
  t.is(lines.length, 1);
  t.regex(lines[0] ?? "", /did not keep the mark/);
  t.like(seen(agent.report(), "key-1"), { isProven: true, mark: 0 });
});

test("a closed agent leaves no timer, no watch and no open device", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const agent = await start();
  bus.plug(await key("key-1"));
  bus.plug(await key("key-2"));
  await time.pass(2_000);
  await until(() => provenIds(agent.report()).length === 2);
  bus.plug(await key("key-3"));
  await agent.close();
  t.deepEqual(time.delays(), []);
  t.is(bus.watches, 0);
  t.is(bus.openDevices, 0);
  await agent.scan();
  t.deepEqual(time.delays(), []);
});

test("an agent that is closed in the middle of an exchange waits for its end, and no longer", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  box.overrule = () => "silent";
  bus.plug(box);
  const agent = await start();
  await time.pass(0);
  await until(() => box.requests.length > 0);
  let isClosed = false;
  const closing = agent.close().then(() => {
    isClosed = true;
  });
  await time.pass(500);
  t.false(isClosed);
  await time.pass(500);
  await closing;
  t.deepEqual(time.delays(), []);
  t.is(bus.openDevices, 0);
});

test("ports that never answer a listing are unavailable, and asked again only once they did", async (t) => {
  let lists = 0;
  let answer: (() => void) | undefined;
  const bus = {
    list: () => {
      lists += 1;
      return new Promise<readonly never[]>((resolve) => {
        answer = () => resolve([]);
      });
    },
    watch: () => () => undefined,
  };
  const { time, start } = await prepare(t, { bus });
  const agent = await start();
  await time.pass(5_000);
  t.is(agent.report().unavailable?.reason, "NO_USB_SUPPORT");
  await time.pass(300_000);
  t.is(lists, 1);
  answer?.();
  await settled();
  await time.pass(5_000);
  t.is(lists, 2);
  answer?.();
  await settled();
  t.is(agent.report().unavailable, undefined);
});
