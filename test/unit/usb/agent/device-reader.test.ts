import { randomBytes } from "node:crypto";
import test from "ava";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { BLANK_MEMORY, newKeyMemory } from "../../../../src/usb/emulator/key-memory.ts";
import { REQUEST } from "../../../../src/usb/protocol/requests.ts";
import { settled } from "../../../helpers/fake-time.ts";
import { issue } from "../../../helpers/vendor.ts";
import { Box, PLATFORM, prepare, provenIds, seen, until } from "./agent-bench.ts";

test("threat 25: a device that never answers delays neither another key nor a scan", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const agent = await start();
  await time.pass(2_000);
  const dead = new Box(await key("key-1"));
  dead.overrule = () => "silent";
  const plugged = bus.plug(dead);
  bus.plug(await key("key-2"));
  await time.pass(100);
  t.deepEqual(provenIds(agent.report()), ["key-2"]);
  t.is(agent.report().scannedMs, 2_100);
  const unread = agent.report().devices.find(({ id }) => id === plugged.id);
  t.like(unread, { key: undefined, problem: undefined });
  await time.pass(5_500);
  t.like(
    agent.report().devices.find(({ id }) => id === plugged.id),
    { key: undefined, isProven: false, problem: "NO_ANSWER" },
  );
});

test("threat 25: a device that is slow at each transfer is given up at the deadline of the exchange", async (t) => {
  const { bus, time, keyMemory, start } = await prepare(t);
  const slow = new Box(new Dongle(await keyMemory("key-1", { blob: new Uint8Array(50_000) })));
  slow.replyDelayMs = 900;
  bus.plug(slow);
  const agent = await start();
  await time.pass(10_500);
  await settled();
  t.true(slow.requests.length <= 12);
  await time.pass(30_000);
  t.like(agent.report().devices[0], { key: undefined, problem: "NO_ANSWER" });
});

test("a busy device is read once it is free, and is no problem meanwhile", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.plug(await key("key-1"));
  const [device] = await bus.list();
  const other = await device?.open();
  const agent = await start();
  await time.pass(1_500);
  t.like(agent.report().devices[0], { key: undefined, problem: undefined });
  await other?.close();
  await time.pass(500);
  await until(() => provenIds(agent.report()).length === 1);
  t.is(seen(agent.report(), "key-1").arrivedMs, 2_000);
});

test("a device that stays busy is told as such, and tried ever less often", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const [device] = await bus.list();
  const other = await device?.open();
  const agent = await start();
  await time.pass(2_000);
  t.is(agent.report().devices[0]?.problem, "BUSY");
  await time.pass(600_000);
  await other?.close();
  await time.pass(59_999);
  await until(() => provenIds(agent.report()).length === 1);
  t.is(agent.report().devices[0]?.problem, undefined);
});

test("UK-NO-1: a device that may not be opened is tried every ten seconds, until an operator has let it", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const plugged = bus.plug(await key("key-1"), { isForbidden: true });
  const agent = await start();
  await time.pass(2_000);
  t.like(agent.report().devices[0], { key: undefined, isProven: false, problem: "NO_PERMISSION" });
  await time.pass(1_000_000);
  plugged.setForbidden(false);
  const { scannedMs = 0 } = agent.report();
  await time.pass(10_000);
  await until(() => provenIds(agent.report()).length === 1);
  t.true(seen(agent.report(), "key-1").arrivedMs >= scannedMs);
});

test("a device that refuses INFO is no key, and a blank key is none yet", async (t) => {
  const { bus, time, start } = await prepare(t);
  const mute = new Box(new Dongle(BLANK_MEMORY));
  mute.overrule = () => "stall";
  bus.plug(mute);
  const blank = new Box(new Dongle(BLANK_MEMORY));
  bus.plug(blank);
  const agent = await start();
  await time.pass(2_000);
  t.deepEqual(
    agent.report().devices.map(({ problem }) => problem),
    ["NOT_A_KEY", "NOT_A_KEY"],
  );
  blank.inside = new Dongle(newKeyMemory({ keyId: "key-1" }));
  await agent.scan();
  t.like(seen(agent.report(), "key-1"), { isProven: true, problem: undefined });
});

test("a key with nothing on it is proven, and its reading is empty", async (t) => {
  const { bus, start, verified } = await prepare(t);
  bus.plug(new Dongle(newKeyMemory({ keyId: "key-1" })));
  const agent = await start();
  const device = seen(agent.report(), "key-1");
  t.like(device, { isProven: true, problem: undefined });
  t.like(device.key?.reading, { files: [], refusals: [] });
  t.is(verified.length, 0);
});

test("UK-ID-2: a key whose license does not verify is listed with the reason, and still proven", async (t) => {
  const { bus, time, keyMemory, start } = await prepare(t);
  const memory = await keyMemory("key-1");
  const blob = memory.blob.slice();
  blob[blob.length - 10] = blob[blob.length - 10] === 65 ? 66 : 65;
  bus.plug(new Dongle({ ...memory, blob }));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(0);
  t.like(seen(agent.report(), "key-1"), {
    isProven: true,
    problem: "LICENSE_REFUSED",
    licenseReason: "SIGNATURE_INVALID",
  });
});

test("UK-ID-2: a license for the request code, or for another key, counts on no key", async (t) => {
  const { bus, vendor, keyMemory, blobFor, start } = await prepare(t);
  const forPlatform = new Uint8Array(Buffer.from(await issue(vendor, PLATFORM)));
  const forOther = await blobFor(newKeyMemory({ keyId: "key-9" }));
  bus.plug(new Dongle(await keyMemory("key-1", { blob: forPlatform })));
  bus.plug(new Dongle(await keyMemory("key-2", { blob: forOther })));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 2);
  for (const keyId of ["key-1", "key-2"]) {
    t.like(seen(agent.report(), keyId), { problem: "LICENSE_REFUSED", licenseReason: "USB_KEY_MISMATCH" });
  }
});

test("UK-ID-2: a copy of id and licenses on another key pair is told as a copy", async (t) => {
  const { bus, keyMemory, start } = await prepare(t);
  const { blob } = await keyMemory("key-1");
  bus.plug(new Dongle(await keyMemory("key-1", { blob })));
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  t.like(seen(agent.report(), "key-1"), { isProven: true, problem: "COPY", licenseReason: undefined });
});

test("a key without a private key counts only where the product asks for no proof", async (t) => {
  for (const keysWithoutProof of [false, true]) {
    const { bus, time, keyMemory, start } = await prepare(t, { keysWithoutProof });
    const memory = await keyMemory("key-1");
    bus.plug(new Dongle({ ...memory, algorithm: "none", privateKey: undefined }));
    const noChallenge = new Box(new Dongle(await keyMemory("key-2")));
    noChallenge.overrule = (request) => (request === REQUEST.challenge ? "stall" : undefined);
    bus.plug(noChallenge);
    bus.plug(new Dongle({ ...BLANK_MEMORY, keyId: "key-3" }));
    const agent = await start();
    await until(() => agent.report().devices.length === 3);
    for (let second = 0; second < 3; second++) {
      await time.pass(1_000);
      await settled();
    }
    const problem = keysWithoutProof ? undefined : "NO_PROOF";
    t.like(seen(agent.report(), "key-1"), { isProven: keysWithoutProof, problem });
    t.like(seen(agent.report(), "key-2"), { isProven: keysWithoutProof, problem });
    t.like(seen(agent.report(), "key-3"), { isProven: false, problem: "NO_PROOF" });
  }
});

test("presence is proven anew every minute, and what lies on a key is not read again for it", async (t) => {
  const { bus, time, key, start, verified } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  const before = seen(agent.report(), "key-1");
  box.requests = [];
  await time.pass(60_000);
  t.deepEqual(box.requests, [REQUEST.info, REQUEST.challenge, REQUEST.proof]);
  t.is(verified.length, 1);
  const device = seen(agent.report(), "key-1");
  t.like(device, { provedMs: 60_000, arrivedMs: before.arrivedMs });
  t.is(device.key, before.key);
});

test("UK-BU-1: a proof that fails counts after two more tries within three seconds, at the last that held", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(60_000);
  let told = 0;
  agent.subscribe(() => {
    told += 1;
  });
  box.overrule = (request) => (request === REQUEST.proof ? new Uint8Array(80) : undefined);
  await time.pass(61_000);
  t.is(told, 0);
  t.true(seen(agent.report(), "key-1").isProven);
  await time.pass(1_000);
  t.is(told, 1);
  t.like(seen(agent.report(), "key-1"), { isProven: false, provedMs: 60_000, problem: "PROOF_FAILED" });
  box.overrule = undefined;
  await time.pass(1_000);
  t.like(seen(agent.report(), "key-1"), { isProven: true, provedMs: 123_000, problem: undefined });
});

test("UK-BU-1: a key that is busy for a moment when it is to prove itself is not removed", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  let told = 0;
  agent.subscribe(() => {
    told += 1;
  });
  box.overrule = () => "stall";
  await time.pass(61_000);
  box.overrule = undefined;
  await time.pass(1_000);
  t.like(seen(agent.report(), "key-1"), { isProven: true, provedMs: 62_000 });
  t.is(told, 0);
});

test("UK-BU-1: scans that follow each other in a busy moment make no removal of it", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(10_000);
  box.overrule = () => "stall";
  for (let scan = 0; scan < 10; scan++) await agent.scan();
  t.true(seen(agent.report(), "key-1").isProven);
  await time.pass(1_000);
  await agent.scan();
  await time.pass(1_000);
  t.like(seen(agent.report(), "key-1"), { isProven: false, problem: "NO_ANSWER", provedMs: 0 });
});

test("a counter that runs back is no proof, also after the key was away", async (t) => {
  const { bus, time, keyMemory, start } = await prepare(t);
  const memory = await keyMemory("key-1");
  const dongle = new Dongle(memory);
  const first = bus.plug(dongle);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  await time.pass(150_000);
  t.is(dongle.memory.counter, 3n);
  first.unplug();
  await time.pass(500_000);
  bus.plug(new Dongle({ ...memory, counter: 0n }));
  await time.pass(2_100);
  await settled();
  t.like(agent.report().devices[0], { isProven: false, problem: "PROOF_FAILED", provedMs: undefined });
});

test("of two devices that claim to be one key no more than one is proven by one counter", async (t) => {
  const { bus, time, keyMemory, start } = await prepare(t);
  const memory = await keyMemory("key-1");
  bus.plug(new Dongle(memory));
  bus.plug(new Dongle(memory));
  const agent = await start();
  await until(() => provenIds(agent.report()).length > 0);
  await time.pass(100);
  t.is(provenIds(agent.report()).length, 1);
});

test("UK-ID-3: a key that is rewritten in its port is read anew, and stays the key that it is", async (t) => {
  const { bus, time, keyMemory, blobFor, start, verified } = await prepare(t);
  const memory = await keyMemory("key-1");
  const box = new Box(new Dongle(memory));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  const before = seen(agent.report(), "key-1");
  let told = 0;
  agent.subscribe(() => {
    told += 1;
  });
  const blob = await blobFor(memory);
  box.inside = new Dongle({ ...memory, counter: 1n, blob, blobGeneration: 1 });
  await time.pass(60_000);
  await until(() => told > 0);
  const after = seen(agent.report(), "key-1");
  t.is(verified.length, 2);
  t.deepEqual(verified[1], blob);
  t.not(after.key?.reading, before.key?.reading);
  t.like(after, { isProven: true, problem: undefined, arrivedMs: before.arrivedMs });
  t.is(agent.report().gone.length, 0);
});

test("UK-BU-4: another key that answers in the same stay is one gone, its proof failed, and one that arrived", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  box.inside = await key("key-2");
  await time.pass(60_000);
  await until(() => provenIds(agent.report()).includes("key-2"));
  t.like(seen(agent.report(), "key-2"), { arrivedMs: 60_000, provedMs: 60_000 });
  t.like(agent.report().gone[0], {
    key: { keyId: "key-1" },
    isProven: false,
    provedMs: 0,
    problem: "PROOF_FAILED",
  });
});

test("a key that is torn out in the middle of an exchange is gone, and no problem", async (t) => {
  const { bus, time, key, start } = await prepare(t);
  bus.isMute = true;
  const box = new Box(await key("key-1"));
  bus.plug(box);
  const agent = await start();
  await until(() => provenIds(agent.report()).length === 1);
  box.overrule = () => "pulled";
  await time.pass(1_000);
  const scan = agent.scan();
  await settled();
  // No event tells, and the poll is far: the exchange that broke off does.
  await time.pass(100);
  await scan;
  t.deepEqual(agent.report().devices, []);
  t.like(agent.report().gone[0], { isProven: true, problem: undefined, seenMs: 1_000 });
});

test("an error that is no device's is told once, and the device tried again", async (t) => {
  const { bus, time, key, lines, start } = await prepare(t, {
    verify: () => Promise.reject(new Error("out of order")),
  });
  bus.plug(await key("key-1"));
  const agent = await start();
  for (let second = 0; second < 10; second++) await time.pass(1_000);
  t.deepEqual(lines, ["a USB device cannot be read"]);
  t.like(agent.report().devices[0], { key: undefined, problem: "NO_ANSWER" });
});

test("a device that never opens costs one call that hangs, however often it is tried", async (t) => {
  let opens = 0;
  const device = {
    id: "1",
    port: "1-1",
    vendorId: 0x1209,
    productId: 1,
    open: () => {
      opens += 1;
      return new Promise<never>(() => undefined);
    },
  };
  const bus = { list: async () => [device], watch: () => () => undefined };
  const { time, start } = await prepare(t, { bus });
  const agent = await start();
  await time.pass(600_000);
  t.is(opens, 1);
  t.is(agent.report().devices[0]?.problem, "NO_ANSWER");
});

test("threat 25: a hub that shows any number of devices is followed for 64, and those known stay", async (t) => {
  const { bus, time, key, lines, start } = await prepare(t);
  const agent = await start();
  bus.plug(await key("key-1"));
  await time.pass(100);
  await until(() => provenIds(agent.report()).length === 1);
  for (let number = 0; number < 200; number++) {
    bus.plug(new Dongle({ ...BLANK_MEMORY, keyId: randomBytes(8).toString("hex") }));
  }
  await time.pass(20_000);
  t.is(agent.report().devices.length, 64);
  t.deepEqual(provenIds(agent.report()), ["key-1"]);
  t.is(lines.filter((line) => line.includes("look like USB keys")).length, 1);
});
