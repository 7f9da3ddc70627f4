/** Keys on a bus in memory, under time that a test moves. */
import type { UsbConnection } from "../../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import type { EmulatedDevice } from "../../../../src/usb/emulator/emulated-device.ts";
import { type KeyMemory, newKeyMemory } from "../../../../src/usb/emulator/key-memory.ts";
import { MemoryBus, type Plugged } from "../../../../src/usb/emulator/memory-bus.ts";
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits } from "../../../../src/usb/protocol/limits.ts";
import { createFakeTime, settled } from "../../../helpers/fake-time.ts";

/** A device in use on a bus in memory. */
export interface UsedDevice {
  readonly bus: MemoryBus;
  readonly plugged: Plugged;
  readonly connection: UsbConnection;
  /** The defaults, by the clock of the test. */
  readonly limits: ExchangeLimits;
  /** Lets time pass until the work is done. */
  finish<T>(work: Promise<T>): Promise<T>;
  elapsedMs(): number;
}

/** Who asks for proofs in tests. */
export const ASKER = {
  platformThumbprint: Buffer.alloc(32, 7).toString("base64url"),
  nodeId: "0b9f2a5c-1d3e-4f60-8a7b-9c0d1e2f3a4b",
} as const;

/** A key with something on it. */
export function keyWithBlob(blob: Uint8Array, change: Partial<KeyMemory> = {}): KeyMemory {
  return { ...newKeyMemory({ keyId: "KEY-1", model: "Test key" }), blob, blobGeneration: 1, ...change };
}

/** Bytes of which no two chunks are alike. */
export function blobOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + Math.floor(index / 1024)) % 256);
}

/** Plugs a device, or a key of this memory, into a new bus and opens it. */
export async function use(what: EmulatedDevice | KeyMemory): Promise<UsedDevice> {
  const time = createFakeTime(0);
  const bus = new MemoryBus({ timers: time.timers });
  const plugged = bus.plug("handleSetup" in what ? what : new Dongle(what));
  const [device] = await bus.list();
  if (device === undefined) throw new Error("the device is not on the bus");
  return {
    bus,
    plugged,
    connection: await device.open(),
    limits: { ...DEFAULT_EXCHANGE_LIMITS, monotonicMs: () => time.clock.now() },
    elapsedMs: () => time.clock.now(),
    async finish(work) {
      let isDone = false;
      const mark = () => {
        isDone = true;
      };
      work.then(mark, mark);
      while (!isDone) {
        const [next] = time.delays();
        await (next === undefined ? settled() : time.pass(next));
      }
      return work;
    },
  };
}
