/**
 * What every bus must do, whatever carries its transfers. The same cases run over a bus in memory, and over the
 * ports of a host with a kernel under them.
 */
import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import {
  type UsbBus,
  type UsbConnection,
  type UsbDevice,
  UsbFault,
  type UsbFaultKind,
} from "../../src/usb/bus/bus.ts";
import { HOSTILE_DEVICES } from "../../src/usb/emulator/hostile.ts";
import { proveKey, readKey } from "../../src/usb/protocol/exchange.ts";
import { KeyFault } from "../../src/usb/protocol/key-fault.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "../../src/usb/protocol/limits.ts";
import { DEFAULT_USB_IDS, REQUEST } from "../../src/usb/protocol/requests.ts";
import { isSameUsbId } from "../../src/usb/usb-id.ts";
import { type DeviceSpec, keyWith } from "./usb-devices.ts";

/** Where devices can be plugged in. */
export interface UsbPlace {
  readonly bus: UsbBus;
  /** How much longer than asked for anything may take there, ms. */
  readonly slackMs: number;
  /** Plugs a device in, into the first free port; the bus may see it later. */
  plug(spec: DeviceSpec): Promise<PluggedDevice>;
}

/** A device that is plugged in. */
export interface PluggedDevice {
  unplug(): Promise<void>;
  /** Breaks its connection without a word. */
  yank(): Promise<void>;
}

/** One case. It begins and ends with nothing plugged in; whoever runs it takes out what a failed one leaves. */
export interface BusCase {
  readonly title: string;
  run(place: UsbPlace): Promise<void>;
}

const PLATFORM = Buffer.alloc(32, 7).toString("base64url");
const NODE_ID = "01890a5d-ac96-774b-bcce-b302099a8057";
const FOREIGN = { vendorId: 0x46f4, productId: 0x0001 };
const PATIENCE_MS = 10_000;
const HOSTILE_AT_ONCE = 12;
const HOSTILE_LIMITS = { ...DEFAULT_EXCHANGE_LIMITS, exchangeMs: 1_500, blobMs: 2_000 };

/** Every case. */
export const BUS_CASES: readonly BusCase[] = [
  { title: "a key that is plugged in is found by its ids, and tells who it is", run: tellsWhoItIs },
  { title: "a blob of many chunks comes whole", run: carriesBlob },
  { title: "a key of either algorithm proves that it is there", run: provesItself },
  { title: "a key that is taken out is listed no more, and comes back as another stay", run: comesBack },
  { title: "two keys are two devices, each with its own port", run: tellsTwoApart },
  { title: "a device of another maker is listed with its own ids", run: listsForeign },
  { title: "a request that a key refuses is a stall, and the next one is answered", run: survivesStall },
  { title: "threat 25: a silent device costs its caller the time that was asked for", run: keepsTimeouts },
  { title: "threat 25: a silent device delays no other", run: delaysNoOther },
  { title: "threat 25: a key that is pulled in the middle of a read is gone at once", run: noticesPull },
  {
    title: "threat 25: what is pulled while nobody reads is gone at the next read, and closes",
    run: noticesLate,
  },
  { title: "an open device is busy for a second user, and free after close", run: keepsOthersOut },
  { title: "ten keys that come and go quickly are each seen, and none stays", run: bearsHaste },
  ...hostileCases(),
];

async function tellsWhoItIs(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-000042", model: "Model 1" }));
  const { info, thumbprint } = await using(place, await theKey(place), readKey);
  assert.equal(info.keyId, "KEY-000042");
  assert.equal(info.model, "Model 1");
  assert.ok(thumbprint);
  await plugged.unplug();
}

async function carriesBlob(place: UsbPlace): Promise<void> {
  const blob = new Uint8Array(5_000).map((_, index) => (index * 7 + 3) & 0xff);
  const plugged = await place.plug(keyWith({ keyId: "KEY-BLOB" }, blob));
  const reading = await using(place, await theKey(place), readKey);
  assert.deepEqual(Buffer.from(reading.blob), Buffer.from(blob));
  await plugged.unplug();
}

async function provesItself(place: UsbPlace): Promise<void> {
  for (const algorithm of ["Ed25519", "ES256"] as const) {
    const plugged = await place.plug(keyWith({ keyId: `KEY-${algorithm}`, algorithm }));
    await using(place, await theKey(place), async (connection) => {
      const { info } = await readKey(connection);
      const request = { info, platformThumbprint: PLATFORM, nodeId: NODE_ID };
      const first = await proveKey(connection, { ...request, lastCounter: undefined });
      const second = await proveKey(connection, { ...request, lastCounter: first.counter });
      assert.ok(second.counter > first.counter);
    });
    await plugged.unplug();
    await untilKeys(place, 0);
  }
}

async function comesBack(place: UsbPlace): Promise<void> {
  const spec = keyWith({ keyId: "KEY-AGAIN" });
  const stays = new Set<string>();
  for (const pull of ["unplug", "yank"] as const) {
    const plugged = await place.plug(spec);
    stays.add((await theKey(place)).id);
    await plugged[pull]();
    await untilKeys(place, 0);
  }
  assert.equal(stays.size, 2);
}

async function tellsTwoApart(place: UsbPlace): Promise<void> {
  const plugged = [
    await place.plug(keyWith({ keyId: "KEY-A" })),
    await place.plug(keyWith({ keyId: "KEY-B" })),
  ];
  const keys = await untilKeys(place, 2);
  const readings = await Promise.all(keys.map((key) => using(place, key, readKey)));
  assert.deepEqual(readings.map(({ info }) => info.keyId).sort(), ["KEY-A", "KEY-B"]);
  assert.equal(new Set(keys.map(({ port }) => port)).size, 2);
  for (const device of plugged) await device.unplug();
}

async function listsForeign(place: UsbPlace): Promise<void> {
  const plugged = await place.plug({ kind: "foreign", ids: FOREIGN });
  await until(place, (devices) => devices.some((device) => isSameUsbId(device, FOREIGN)));
  assert.equal((await keysIn(place)).length, 0);
  await plugged.unplug();
  await until(place, (devices) => !devices.some((device) => isSameUsbId(device, FOREIGN)));
}

async function survivesStall(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-STALL" }));
  await using(place, await theKey(place), async (connection) => {
    assert.equal(await faultOf(connection.read(0x77, 0, 8, 1000)), "STALL");
    assert.equal(await faultOf(connection.write(0x77, 0, new Uint8Array(8), 1000)), "STALL");
    assert.equal((await readKey(connection)).info.keyId, "KEY-STALL");
  });
  await plugged.unplug();
}

async function keepsTimeouts(place: UsbPlace): Promise<void> {
  const plugged = await place.plug({ kind: "silent" });
  await using(place, await theKey(place), async (connection) => {
    for (const timeoutMs of [300, 1000]) {
      const { fault, tookMs } = await timed(faultOf(connection.read(REQUEST.info, 0, 64, timeoutMs)));
      assert.equal(fault, "TIMEOUT");
      assert.ok(tookMs >= timeoutMs - 20 && tookMs < timeoutMs + place.slackMs, `it took ${tookMs} ms`);
    }
  });
  await plugged.unplug();
}

async function delaysNoOther(place: UsbPlace): Promise<void> {
  const silent = [await place.plug({ kind: "silent" }), await place.plug({ kind: "silent" })];
  const hung = await Promise.all((await untilKeys(place, 2)).map((device) => openPatiently(place, device)));
  const good = await place.plug(keyWith({ keyId: "KEY-GOOD" }));
  const others = new Set((await untilKeys(place, 3)).map(({ id }) => id));
  const waiting = hung.map((connection) => faultOf(connection.read(REQUEST.info, 0, 64, 2000)));
  const { fault, tookMs } = await timed(faultOf(readOneOf(place, others)));
  assert.equal(fault, "none");
  assert.ok(tookMs < 1000 + place.slackMs, `it took ${tookMs} ms`);
  assert.deepEqual(await Promise.all(waiting), ["TIMEOUT", "TIMEOUT"]);
  for (const connection of hung) await connection.close();
  for (const device of [...silent, good]) await device.unplug();
}

/** Reads the only one of these devices that is not open yet. */
async function readOneOf(place: UsbPlace, ids: ReadonlySet<string>): Promise<void> {
  for (const device of (await keysIn(place)).filter(({ id }) => ids.has(id))) {
    const connection = await device.open().catch(() => undefined);
    if (connection === undefined) continue;
    const { info } = await readKey(connection);
    await connection.close();
    assert.equal(info.keyId, "KEY-GOOD");
    return;
  }
  assert.fail("every device was open");
}

async function noticesPull(place: UsbPlace): Promise<void> {
  const plugged = await place.plug({ kind: "silent" });
  await using(place, await theKey(place), async (connection) => {
    const pending = timed(faultOf(connection.read(REQUEST.info, 0, 64, PATIENCE_MS)));
    await delay(200);
    await plugged.yank();
    const { fault, tookMs } = await pending;
    assert.equal(fault, "GONE");
    assert.ok(tookMs < 1000 + place.slackMs, `it took ${tookMs} ms`);
  });
  await untilKeys(place, 0);
}

async function noticesLate(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-LATE" }));
  const device = await theKey(place);
  const connection = await openPatiently(place, device);
  await readKey(connection);
  await plugged.unplug();
  await untilKeys(place, 0);
  assert.equal(await faultOf(connection.read(REQUEST.info, 0, 64, 1000)), "GONE");
  await connection.close();
  assert.equal(await faultOf(device.open()), "GONE");
}

async function keepsOthersOut(place: UsbPlace): Promise<void> {
  const plugged = await place.plug(keyWith({ keyId: "KEY-BUSY" }));
  await using(place, await theKey(place), async (connection) => {
    assert.equal(await faultOf((await theKey(place)).open()), "BUSY");
    assert.equal((await readKey(connection)).info.keyId, "KEY-BUSY");
  });
  await (await (await theKey(place)).open()).close();
  await plugged.unplug();
}

async function bearsHaste(place: UsbPlace): Promise<void> {
  const stays = new Set<string>();
  for (let cycle = 0; cycle < 10; cycle++) {
    const plugged = await place.plug(keyWith({ keyId: `KEY-${cycle}` }));
    stays.add((await theKey(place)).id);
    await (cycle % 2 === 0 ? plugged.unplug() : plugged.yank());
    await untilKeys(place, 0);
  }
  assert.equal(stays.size, 10);
}

/** All hostile devices, some at a time beside one good key. */
function hostileCases(): readonly BusCase[] {
  const names = HOSTILE_DEVICES.map(({ name }) => name);
  const rounds = Math.ceil(names.length / HOSTILE_AT_ONCE);
  return Array.from({ length: rounds }, (_, round) => {
    const some = names.slice(round * HOSTILE_AT_ONCE, (round + 1) * HOSTILE_AT_ONCE);
    return {
      title: `threat 25: each of these ends in a fault, and a good key beside them is read: ${some.join(", ")}`,
      run: (place) => withstand(place, some),
    };
  });
}

async function withstand(place: UsbPlace, names: readonly string[]): Promise<void> {
  const specs: readonly DeviceSpec[] = [
    keyWith({ keyId: "KEY-GOOD" }, new Uint8Array(3_000)),
    ...names.map((name) => ({ kind: "hostile", name }) as const),
  ];
  const plugged = await Promise.all(specs.map((spec) => place.plug(spec)));
  const keys = await untilKeys(place, specs.length);
  const { fault: outcomes, tookMs } = await timed(Promise.all(keys.map((key) => examine(place, key))));
  assert.deepEqual(
    outcomes.filter((outcome) => outcome === "KEY-GOOD"),
    ["KEY-GOOD"],
  );
  assert.deepEqual(
    outcomes.filter((outcome) => !outcome.startsWith("fault ")),
    ["KEY-GOOD"],
  );
  const { blobMs, exchangeMs } = HOSTILE_LIMITS;
  assert.ok(tookMs < blobMs + 2 * exchangeMs + place.slackMs, `it took ${tookMs} ms`);
  for (const device of plugged) await device.unplug();
}

/** Reads a key and lets it prove itself twice; gives its id, or the fault that it ends with. */
async function examine(place: UsbPlace, device: UsbDevice): Promise<string> {
  try {
    return await using(place, device, async (connection) => {
      const { info } = await readKey(connection, HOSTILE_LIMITS);
      const request = { info, platformThumbprint: PLATFORM, nodeId: NODE_ID };
      const { counter } = await proveKey(connection, { ...request, lastCounter: undefined }, HOSTILE_LIMITS);
      await proveKey(connection, { ...request, lastCounter: counter }, HOSTILE_LIMITS);
      return info.keyId;
    });
  } catch (error) {
    if (error instanceof UsbFault || error instanceof KeyFault) return `fault ${error.kind}`;
    throw error;
  }
}

/** The devices with the ids of keys. */
export async function keysIn({ bus }: UsbPlace): Promise<readonly UsbDevice[]> {
  return (await bus.list()).filter((device) => isSameUsbId(device, DEFAULT_USB_IDS));
}

/** Waits until so many keys are listed. */
export function untilKeys(place: UsbPlace, count: number): Promise<readonly UsbDevice[]> {
  return until(
    place,
    (devices) => devices.filter((device) => isSameUsbId(device, DEFAULT_USB_IDS)).length === count,
  ).then((devices) => devices.filter((device) => isSameUsbId(device, DEFAULT_USB_IDS)));
}

/** Waits for the only key. */
export async function theKey(place: UsbPlace): Promise<UsbDevice> {
  const [key] = await untilKeys(place, 1);
  assert.ok(key);
  return key;
}

/** Waits until the list is as wanted: a kernel takes its time, and not every host tells. */
export async function until(
  { bus }: UsbPlace,
  isWanted: (devices: readonly UsbDevice[]) => boolean,
): Promise<readonly UsbDevice[]> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const devices = await bus.list();
    if (isWanted(devices)) return devices;
    if (performance.now() > end) assert.fail(`listed are: ${devices.map(({ port }) => port).join(" ")}`);
    await delay(20);
  }
}

/** Opens a device, works with it and closes it. */
export async function using<T>(
  place: UsbPlace,
  device: UsbDevice,
  work: (connection: UsbConnection) => Promise<T>,
): Promise<T> {
  const connection = await openPatiently(place, device);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** A device is listed a moment before its file is there. */
async function openPatiently(place: UsbPlace, device: UsbDevice): Promise<UsbConnection> {
  const end = performance.now() + place.slackMs;
  for (;;) {
    try {
      return await device.open();
    } catch (error) {
      const isEarly = error instanceof UsbFault && error.kind === "NO_PERMISSION";
      if (!isEarly || performance.now() > end) throw error;
      await delay(20);
    }
  }
}

/** Kind of the fault that something ends with; "none": it succeeds. Anything else than a fault is passed on. */
export async function faultOf(work: Promise<unknown>): Promise<UsbFaultKind | "none"> {
  try {
    await work;
    return "none";
  } catch (error) {
    if (error instanceof UsbFault) return error.kind;
    throw error;
  }
}

async function timed<T>(work: Promise<T>): Promise<{ readonly fault: T; readonly tookMs: number }> {
  const began = performance.now();
  return { fault: await work, tookMs: performance.now() - began };
}
