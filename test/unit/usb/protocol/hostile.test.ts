import test from "ava";
import { UsbFault } from "../../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import { HOSTILE_DEVICES, type HostileDevice } from "../../../../src/usb/emulator/hostile.ts";
import { proveKey, readKey } from "../../../../src/usb/protocol/exchange.ts";
import { KeyFault } from "../../../../src/usb/protocol/key-fault.ts";
import { ASKER, blobOf, keyWithBlob, type UsedDevice, use } from "./_exchange.ts";

/** Longest that one step may take, by the defaults, ms. */
const LONGEST_MS = { read: 10_000, prove: 5_000, "prove again": 5_000 } as const;

interface Failure {
  readonly step: HostileDevice["step"];
  readonly error: unknown;
  readonly tookMs: number;
}

/** Uses a device like a key: reads it and lets it prove its presence twice. */
async function firstFailure({ connection, limits, elapsedMs }: UsedDevice): Promise<Failure | undefined> {
  let step: HostileDevice["step"] = "read";
  let startMs = elapsedMs();
  const begin = (next: HostileDevice["step"]) => {
    step = next;
    startMs = elapsedMs();
  };
  try {
    const { info } = await readKey(connection, limits);
    begin("prove");
    const { counter } = await proveKey(connection, { ...ASKER, info, lastCounter: undefined }, limits);
    begin("prove again");
    await proveKey(connection, { ...ASKER, info, lastCounter: counter }, limits);
    return undefined;
  } catch (error) {
    return { step, error, tookMs: elapsedMs() - startMs };
  }
}

for (const { name, step, make } of HOSTILE_DEVICES) {
  test(`threat 25: when ${name}, that ends in time with a typed fault`, async (t) => {
    const used = await use(make());
    const failure = await used.finish(firstFailure(used));
    t.is(failure?.step, step);
    t.true(failure?.error instanceof KeyFault || failure?.error instanceof UsbFault);
    t.true((failure?.tookMs ?? Number.POSITIVE_INFINITY) <= LONGEST_MS[step]);
  });

  test(`threat 25: when ${name}, the good key beside it is read and proves itself`, async (t) => {
    const used = await use(make());
    used.bus.plug(new Dongle(keyWithBlob(blobOf(3_000))));
    const devices = await used.bus.list();
    const hostile = firstFailure(used);
    const connection = await devices[1]?.open();
    if (connection === undefined) throw new Error("the good key is not on the bus");
    t.is(await used.finish(firstFailure({ ...used, connection })), undefined);
    t.truthy(await used.finish(hostile));
  });
}

test("threat 25: names of hostile devices are told apart", (t) => {
  t.is(new Set(HOSTILE_DEVICES.map(({ name }) => name)).size, HOSTILE_DEVICES.length);
});
