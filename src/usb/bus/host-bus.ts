import { singleFlight } from "../../snapshot/single-flight.ts";
import type { UsbBus, UsbDevice } from "./bus.ts";
import { HostDevice } from "./host-device.ts";
import { HOST_LIMITS, type HostLimits } from "./host-limits.ts";
import { watchHost } from "./host-watch.ts";
import { loadNativeUsb, type NativeDevice, type NativeUsb } from "./native-usb.ts";
import { within } from "./within.ts";

/** What a {@link HostBus} works with. */
export interface HostBusOptions {
  /** Where the USB library comes from. Default: the package `usb`, at the first use. */
  readonly load?: () => Promise<NativeUsb>;
  /** Default: {@link HOST_LIMITS}. */
  readonly limits?: HostLimits;
}

/** The USB ports of this host. */
export class HostBus implements UsbBus {
  readonly #load: () => Promise<NativeUsb>;
  readonly #limits: HostLimits;
  readonly #listNative: () => Promise<readonly NativeDevice[]>;
  /** Stays of devices that this process has open, or that a request of it still hangs in. */
  readonly #inUse = new Set<string>();

  constructor({ load = loadNativeUsb, limits = HOST_LIMITS }: HostBusOptions = {}) {
    this.#load = load;
    this.#limits = limits;
    // A listing that hangs does not take one more thread of the library each time somebody asks.
    this.#listNative = singleFlight(async () => (await load()).nativeGetDevices());
  }

  async list(): Promise<readonly UsbDevice[]> {
    const found = await within(this.#limits.listMs, this.#listNative());
    return found.map((native) => new HostDevice(native, { inUse: this.#inUse, limits: this.#limits }));
  }

  watch(onChange: () => void): () => void {
    return watchHost(this.#load, onChange);
  }
}
