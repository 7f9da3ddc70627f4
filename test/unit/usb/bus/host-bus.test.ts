import { existsSync } from "node:fs";
import test from "ava";
import { type UsbBus, type UsbConnection, type UsbDevice, UsbFault } from "../../../../src/usb/bus/bus.ts";
import { HostBus } from "../../../../src/usb/bus/host-bus.ts";
import type { HostLimits } from "../../../../src/usb/bus/host-limits.ts";
import type { NativeDevice, NativeUsb } from "../../../../src/usb/bus/native-usb.ts";

const IMPATIENT: HostLimits = { listMs: 50, openMs: 50, graceMs: 20, closeMs: 20 };

test("UK-NO-1: a host says which devices are plugged in, or that it has no USB", async (t) => {
  const bus = new HostBus();
  if (existsSync("/sys/bus/usb/devices")) {
    t.true(Array.isArray(await bus.list()));
  } else {
    const fault = await t.throwsAsync(bus.list(), { instanceOf: UsbFault });
    t.is(fault?.kind, "NO_USB_SUPPORT");
  }
});

test("UK-NO-1: to watch a host does no harm, whether it has USB or not", (t) => {
  const end = new HostBus().watch(() => t.fail("nothing was plugged in"));
  end();
  end();
  t.pass();
});

test("UK-NO-1: a host that the library was not made for has no USB, and can be watched in vain", async (t) => {
  const bus = new HostBus({ load: () => Promise.reject(new UsbFault("NO_USB_SUPPORT", "no library")) });
  const fault = await t.throwsAsync(bus.list(), { instanceOf: UsbFault });
  t.is(fault?.kind, "NO_USB_SUPPORT");
  t.notThrows(bus.watch(() => undefined));
});

test("a device is named by its port, and each stay in it by another id", async (t) => {
  const [first] = await busOf(new FakeDevice({ address: 4 })).list();
  const [second] = await busOf(new FakeDevice({ address: 5 })).list();
  t.is(first?.port, "1-2.4");
  t.is(first?.vendorId, 0x1209);
  t.not(first?.id, second?.id);
});

test("threat 25: a listing that hangs ends for all who asked, and takes one call of the library", async (t) => {
  let calls = 0;
  const bus = busWith(() => {
    calls += 1;
    return new Promise(() => undefined);
  });
  const faults = await Promise.all([faultOf(bus.list()), faultOf(bus.list()), faultOf(bus.list())]);
  t.deepEqual(faults, ["TIMEOUT", "TIMEOUT", "TIMEOUT"]);
  t.is(calls, 1);
});

test("a device that is open is busy, and free again after close", async (t) => {
  const device = new FakeDevice();
  const bus = busOf(device);
  const connection = await open(bus);
  t.is(await faultOf(open(bus)), "BUSY");
  await connection.close();
  await (await open(bus)).close();
  t.deepEqual(device.calls, ["open", "claim", "release", "close", "open", "claim", "release", "close"]);
});

test("a device whose interface another program holds is closed again", async (t) => {
  const device = new FakeDevice({ claim: () => Promise.reject(new Error("interface is busy (errno 16)")) });
  const bus = busOf(device);
  t.is(await faultOf(open(bus)), "BUSY");
  t.deepEqual(device.calls, ["open", "claim", "close"]);
  device.claim = () => Promise.resolve();
  await (await open(bus)).close();
});

test("threat 25: a device that cannot be opened in time stays busy until the kernel has let go of it", async (t) => {
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const device = new FakeDevice({ claim: () => opened });
  const bus = busOf(device);
  t.is(await faultOf(open(bus)), "TIMEOUT");
  t.is(await faultOf(open(bus)), "BUSY");
  const released = device.next("close");
  resolve();
  await released;
  await (await open(bus)).close();
  t.deepEqual(device.calls.slice(0, 4), ["open", "claim", "release", "close"]);
});

test("threat 25: a transfer that the kernel does not end delays its caller alone, also at close", async (t) => {
  const { promise: answer, resolve } = Promise.withResolvers<Uint8Array>();
  const device = new FakeDevice({ transfer: () => answer });
  const bus = busOf(device);
  const connection = await open(bus);
  t.is(await faultOf(connection.read(1, 0, 8, 10)), "TIMEOUT");
  await connection.close();
  t.deepEqual(device.calls, ["open", "claim", "read"]);
  t.is(await faultOf(open(bus)), "BUSY");
  const released = device.next("close");
  resolve(new Uint8Array(8));
  await released;
  t.deepEqual(device.calls, ["open", "claim", "read", "release", "close"]);
});

test("a closed connection carries nothing, and is closed once", async (t) => {
  const device = new FakeDevice();
  const connection = await open(busOf(device));
  await Promise.all([connection.close(), connection.close()]);
  t.is(await faultOf(connection.read(1, 0, 8, 10)), "OTHER");
  t.deepEqual(device.calls, ["open", "claim", "release", "close"]);
});

test("close never throws, also for a device that is gone", async (t) => {
  const device = new FakeDevice({ release: () => Promise.reject(new Error("device disconnected")) });
  const connection = await open(busOf(device));
  await t.notThrowsAsync(connection.close());
});

/** What the library does here; each call is noted. */
class FakeDevice implements NativeDevice {
  readonly vendorId = 0x1209;
  readonly productId = 1;
  readonly bus = "001";
  readonly address: number;
  readonly ports = [2, 4];
  readonly calls: string[] = [];
  claim: () => Promise<void>;
  readonly #release: () => Promise<void>;
  readonly #transfer: () => Promise<Uint8Array>;
  readonly #waiting = new Map<string, () => void>();

  constructor({
    address = 4,
    claim = async () => undefined,
    release = async () => undefined,
    transfer = async () => new Uint8Array(),
  }: Partial<FakeBehavior> = {}) {
    this.address = address;
    this.claim = claim;
    this.#release = release;
    this.#transfer = transfer;
  }

  next(call: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(call, resolve));
  }

  async open(): Promise<void> {
    this.#note("open");
  }

  async close(): Promise<void> {
    this.#note("close");
  }

  claimInterface(): Promise<void> {
    this.#note("claim");
    return this.claim();
  }

  releaseInterface(): Promise<void> {
    this.#note("release");
    return this.#release();
  }

  nativeControlTransferIn(): Promise<Uint8Array> {
    this.#note("read");
    return this.#transfer();
  }

  async nativeControlTransferOut(): Promise<number> {
    this.#note("write");
    return 0;
  }

  #note(call: string): void {
    this.calls.push(call);
    this.#waiting.get(call)?.();
  }
}

interface FakeBehavior {
  readonly address: number;
  readonly claim: () => Promise<void>;
  readonly release: () => Promise<void>;
  readonly transfer: () => Promise<Uint8Array>;
}

function busWith(nativeGetDevices: NativeUsb["nativeGetDevices"]): UsbBus {
  class Emitter {
    async addAttach() {}
    async addDetach() {}
    async removeAttach() {}
    async removeDetach() {}
  }
  return new HostBus({ load: async () => ({ nativeGetDevices, Emitter }), limits: IMPATIENT });
}

function busOf(device: NativeDevice): UsbBus {
  return busWith(async () => [device]);
}

async function open(bus: UsbBus): Promise<UsbConnection> {
  const [device]: readonly (UsbDevice | undefined)[] = await bus.list();
  if (device === undefined) throw new Error("no device is there");
  return device.open();
}

/** Kind of the fault that something ends with. */
async function faultOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "none",
    (error: unknown) => (error instanceof UsbFault ? error.kind : String(error)),
  );
}
