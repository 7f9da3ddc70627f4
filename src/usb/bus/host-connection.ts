import { type UsbConnection, UsbFault } from "./bus.ts";
import type { HostLimits } from "./host-limits.ts";
import { INTERFACE, type NativeDevice, type NativeSetup } from "./native-usb.ts";
import { within } from "./within.ts";

/** An open device of this host, its interface claimed. */
export class HostConnection implements UsbConnection {
  readonly #native: NativeDevice;
  readonly #limits: HostLimits;
  readonly #onReleased: () => void;
  /** The end of the latest call, which the next has to wait for. Never rejects. */
  #ended: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  /** @param onReleased Called once, when the device is free for others again. */
  constructor(native: NativeDevice, limits: HostLimits, onReleased: () => void) {
    this.#native = native;
    this.#limits = limits;
    this.#onReleased = onReleased;
  }

  async read(request: number, value: number, length: number, timeoutMs: number): Promise<Uint8Array> {
    const answer = await this.#call(timeoutMs, () =>
      this.#native.nativeControlTransferIn(setupOf(request, value), timeoutMs, length),
    );
    if (answer === null) throw new UsbFault("STALL", "the device refuses the request");
    return answer;
  }

  async write(request: number, value: number, data: Uint8Array, timeoutMs: number): Promise<void> {
    await this.#call(timeoutMs, () =>
      this.#native.nativeControlTransferOut(setupOf(request, value), timeoutMs, data),
    );
  }

  async close(): Promise<void> {
    this.#released ??= this.#ended.then(() => release(this.#native)).finally(this.#onReleased);
    await within(this.#limits.closeMs, this.#released).catch(() => undefined);
  }

  #call<T>(timeoutMs: number, call: () => Promise<T>): Promise<T> {
    if (this.#released !== undefined) throw new UsbFault("OTHER", "the connection to the device is closed");
    const result = this.#ended.then(call);
    this.#ended = result.catch(() => undefined);
    return within(timeoutMs + this.#limits.graceMs, result);
  }
}

function setupOf(request: number, value: number): NativeSetup {
  return { requestType: "vendor", recipient: "interface", request, value, index: INTERFACE };
}

/**
 * Gives the interface back before the device: the library's interface keeps the device open as long as it lives.
 * Both fail where the device is gone, and are done then.
 */
async function release(native: NativeDevice): Promise<void> {
  await native.releaseInterface(INTERFACE).catch(() => undefined);
  await native.close().catch(() => undefined);
}
