import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HostBus } from "../../../src/usb/bus/host-bus.ts";
import type { PluggedDevice, UsbPlace } from "../../contract/usb-bus.ts";
import type { DeviceSpec } from "../../contract/usb-devices.ts";
import type { DeviceOrder, DeviceReply } from "./device-host.ts";

/** An emulated machine computes many times slower than the one it runs on. */
const SLACK_MS = 2000;

type OrderWithoutId = DeviceOrder extends infer Order
  ? Order extends DeviceOrder
    ? Omit<Order, "id">
    : never
  : never;

/** The ports of the kernel that this process runs on. */
export class KernelPlace implements UsbPlace {
  readonly bus = new HostBus();
  readonly slackMs = SLACK_MS;
  readonly #host = fork(fileURLToPath(new URL("device-host.ts", import.meta.url)));
  readonly #waiting = new Map<number, (reply: DeviceReply) => void>();
  readonly #plugged = new Set<number>();
  #orders = 0;

  constructor() {
    this.#host.on("message", (reply: DeviceReply) => {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  async plug(spec: DeviceSpec): Promise<PluggedDevice> {
    const device = await this.#order({ order: "plug", spec });
    this.#plugged.add(device);
    const take = async (order: "unplug" | "yank") => {
      if (this.#plugged.delete(device)) await this.#order({ order, device });
    };
    return { unplug: () => take("unplug"), yank: () => take("yank") };
  }

  /** Takes out whatever is plugged in. */
  async clear(): Promise<void> {
    for (const device of this.#plugged) await this.#order({ order: "unplug", device });
    this.#plugged.clear();
  }

  /** Ends the process that serves the devices. */
  close(): void {
    this.#host.disconnect();
  }

  /** @returns the number of the order, which is the device's once it is plugged in. */
  async #order(order: OrderWithoutId): Promise<number> {
    this.#orders += 1;
    const id = this.#orders;
    const replied = new Promise<DeviceReply>((resolve) => this.#waiting.set(id, resolve));
    this.#host.send({ ...order, id });
    const { error } = await replied;
    if (error !== undefined) throw new Error(error);
    return id;
  }
}
