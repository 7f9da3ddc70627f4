import type { Timer, Timers } from "../../snapshot/timers.ts";
import { UsbFault } from "../bus/bus.ts";
import { type EmulatedDevice, type SetupReply, vendorSetup } from "./emulated-device.ts";

const NO_DATA = new Uint8Array();

/** Carries control requests to a device in memory, as a kernel would: with timeouts, and until it is cut. */
export class MemoryWire {
  readonly #device: EmulatedDevice;
  readonly #timers: Timers;
  readonly #onPulled: () => void;
  /** Rejects each transfer that waits. */
  readonly #waiting = new Set<(fault: UsbFault) => void>();
  #isCut = false;

  /**
   * @param onPulled the device says that it was pulled; must {@link cut} the wire.
   */
  constructor(device: EmulatedDevice, timers: Timers, onPulled: () => void) {
    this.#device = device;
    this.#timers = timers;
    this.#onPulled = onPulled;
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Ends every transfer with GONE, and each later one. */
  cut(): void {
    this.#isCut = true;
    for (const reject of [...this.#waiting]) reject(gone());
  }

  /** See UsbConnection.read. */
  async read(request: number, value: number, length: number, timeoutMs: number): Promise<Uint8Array> {
    const reply = await this.#transfer(vendorSetup(true, request, value, length), NO_DATA, timeoutMs);
    if (!(reply instanceof Uint8Array)) throw new UsbFault("OTHER", "the device sent no data");
    // A host controller takes no more than it has room for.
    if (reply.length > length) throw new UsbFault("OTHER", "the device sent more than it was asked for");
    return reply;
  }

  /** See UsbConnection.write. */
  async write(request: number, value: number, data: Uint8Array, timeoutMs: number): Promise<void> {
    await this.#transfer(vendorSetup(false, request, value, data.length), data, timeoutMs);
  }

  async #transfer(setup: Uint8Array, data: Uint8Array, timeoutMs: number): Promise<SetupReply> {
    if (this.#isCut) throw gone();
    const reply = this.#device.handleSetup(setup, data);
    if (reply === "pulled") {
      this.#onPulled();
      throw gone();
    }
    const delayMs = reply === "silent" ? timeoutMs : (this.#device.replyDelayMs ?? 0);
    if (delayMs > 0) await this.#wait(Math.min(delayMs, timeoutMs));
    if (delayMs >= timeoutMs) throw new UsbFault("TIMEOUT", `the device did not answer in ${timeoutMs} ms`);
    if (reply === "stall") throw new UsbFault("STALL", "the device refused the request");
    return reply;
  }

  /** Resolves after a time, or rejects once the wire is cut. */
  async #wait(ms: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.add(reject);
    const timer: Timer = this.#timers.after(ms, resolve);
    try {
      await promise;
    } finally {
      timer.cancel();
      this.#waiting.delete(reject);
    }
  }
}

function gone(): UsbFault {
  return new UsbFault("GONE", "the device is not plugged in any more");
}
