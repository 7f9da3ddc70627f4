import test from "ava";
import type { UsbDevice } from "../../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { foreignDevice } from "../../../../src/usb/emulator/foreign-device.ts";
import { MemoryBus } from "../../../../src/usb/emulator/memory-bus.ts";
import { always, tampered } from "../../../../src/usb/emulator/tampered.ts";
import { REQUEST } from "../../../../src/usb/protocol/requests.ts";
import { createFakeTime, settled } from "../../../helpers/fake-time.ts";
import { blobOf, keyWithBlob } from "../protocol/_exchange.ts";

function newDongle(): Dongle {
  return new Dongle(keyWithBlob(blobOf(1)));
}

/** The only device of a bus. */
async function only(bus: MemoryBus): Promise<UsbDevice> {
  const [device] = await bus.list();
  if (device === undefined) throw new Error("nothing is plugged in");
  return device;
}

function silentKey() {
  return tampered(newDongle(), always(REQUEST.info, "silent"));
}

test("what is plugged in is listed with its port and ids, and each stay has an id of its own", async (t) => {
  const bus = new MemoryBus();
  const dongle = newDongle();
  const plugged = bus.plug(dongle, { port: "2-1.4" });
  bus.plug(foreignDevice());
  const [first, foreign] = await bus.list();
  t.like(first, { id: plugged.id, port: "2-1.4", vendorId: 0x1209, productId: 1 });
  t.like(foreign, { port: "1-1", vendorId: 0x046d });
  plugged.unplug();
  t.not(bus.plug(dongle, { port: "2-1.4" }).id, plugged.id);
});

for (const way of ["unplug", "yank"] as const) {
  test(`${way}: a transfer that waits ends as GONE at once, and so does each later one`, async (t) => {
    const { timers, delays } = createFakeTime(0);
    const bus = new MemoryBus({ timers });
    const plugged = bus.plug(silentKey());
    const device = await only(bus);
    const connection = await device.open();
    const waiting = connection.read(REQUEST.info, 0, 256, 1_000);
    await settled();
    plugged[way]();
    t.like(await t.throwsAsync(waiting), { kind: "GONE" });
    t.like(await t.throwsAsync(connection.read(REQUEST.info, 0, 256, 1_000)), { kind: "GONE" });
    t.like(await t.throwsAsync(device.open()), { kind: "GONE" });
    await t.notThrowsAsync(connection.close());
    t.deepEqual([await bus.list(), delays()], [[], []]);
  });
}

test("a device that is silent times out, not before its time", async (t) => {
  const time = createFakeTime(0);
  const bus = new MemoryBus({ timers: time.timers });
  bus.plug(silentKey());
  const connection = await (await only(bus)).open();
  const waiting = t.throwsAsync(connection.read(REQUEST.info, 0, 256, 1_000));
  await settled();
  t.deepEqual(time.delays(), [1_000]);
  await time.pass(1_000);
  t.like(await waiting, { kind: "TIMEOUT" });
});

test("a device has one user at a time", async (t) => {
  const bus = new MemoryBus();
  bus.plug(newDongle());
  const device = await only(bus);
  const first = await device.open();
  t.is(bus.openDevices, 1);
  t.like(await t.throwsAsync(device.open()), { kind: "BUSY" });
  await first.close();
  const second = await device.open();
  await first.close();
  t.is(bus.openDevices, 1);
  t.like(await t.throwsAsync(first.read(REQUEST.info, 0, 256, 1_000)), { kind: "OTHER" });
  await second.close();
  t.is(bus.openDevices, 0);
});

test("a host without USB, and a device without permission, say so until that changes", async (t) => {
  const bus = new MemoryBus({ listFault: "NO_USB_SUPPORT" });
  const plugged = bus.plug(newDongle(), { isForbidden: true });
  t.like(await t.throwsAsync(bus.list()), { kind: "NO_USB_SUPPORT" });
  bus.listFault = undefined;
  const device = await only(bus);
  t.like(await t.throwsAsync(device.open()), { kind: "NO_PERMISSION" });
  plugged.setForbidden(false);
  await t.notThrowsAsync(device.open());
});

test("who watches is told of plugging and pulling, but not on a mute bus and not after the end", (t) => {
  const bus = new MemoryBus();
  let events = 0;
  const end = bus.watch(() => {
    events += 1;
  });
  const plugged = bus.plug(newDongle());
  plugged.unplug();
  plugged.unplug();
  t.is(events, 2);
  bus.isMute = true;
  bus.plug(newDongle());
  bus.isMute = false;
  end();
  bus.plug(newDongle());
  t.deepEqual([events, bus.watches], [2, 0]);
});

test("a port takes one device", (t) => {
  const bus = new MemoryBus();
  bus.plug(newDongle(), { port: "1-1" });
  t.throws(() => bus.plug(newDongle(), { port: "1-1" }), { message: /1-1/ });
  t.is(bus.plug(newDongle()).port, "1-2");
});
