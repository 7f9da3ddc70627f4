import { type UsbBus, type UsbDevice, UsbFault } from "./bus.ts";

/** Several buses as one: a development server sees the ports of its host and the emulated ones. */
export class JoinedBus implements UsbBus {
  readonly #buses: readonly UsbBus[];

  constructor(buses: readonly UsbBus[]) {
    this.#buses = buses;
  }

  /** The devices of every bus that can be read. Throws only if none can: what the first one says. */
  async list(): Promise<readonly UsbDevice[]> {
    const lists = await Promise.allSettled(this.#buses.map((bus) => bus.list()));
    const read = lists.flatMap((list) => (list.status === "fulfilled" ? [list.value] : []));
    if (read.length > 0) return read.flat();
    const [first] = lists.flatMap((list) => (list.status === "rejected" ? [list.reason] : []));
    throw first ?? new UsbFault("NO_USB_SUPPORT", "there are no ports");
  }

  watch(onChange: () => void): () => void {
    const ends = this.#buses.map((bus) => bus.watch(onChange));
    return () => {
      for (const end of ends) end();
    };
  }
}
