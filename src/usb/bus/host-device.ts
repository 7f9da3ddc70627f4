import { access } from "node:fs/promises";
import { type UsbConnection, type UsbDevice, UsbFault } from "./bus.ts";
import { HostConnection } from "./host-connection.ts";
import type { HostLimits } from "./host-limits.ts";
import { INTERFACE, type NativeDevice } from "./native-usb.ts";
import { within } from "./within.ts";

/** What the devices of one bus share. */
export interface HostShare {
  /** Ids of the stays that this process uses. */
  readonly inUse: Set<string>;
  readonly limits: HostLimits;
}

/** A device in a port of this host. */
export class HostDevice implements UsbDevice {
  readonly id: string;
  readonly port: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly #native: NativeDevice;
  readonly #share: HostShare;

  constructor(native: NativeDevice, share: HostShare) {
    this.port = `${Number(native.bus)}-${native.ports.join(".")}`;
    this.id = `${this.port}:${native.address}`;
    this.vendorId = native.vendorId;
    this.productId = native.productId;
    this.#native = native;
    this.#share = share;
  }

  async open(): Promise<UsbConnection> {
    const { inUse, limits } = this.#share;
    if (inUse.has(this.id)) {
      throw new UsbFault("BUSY", `this process still uses the device in port ${this.port}`);
    }
    inUse.add(this.id);
    const giveBack = () => inUse.delete(this.id);
    const opening = openAndClaim(this.#native);
    const connection = opening.then(() => new HostConnection(this.#native, limits, giveBack));
    try {
      return await within(limits.openMs, connection);
    } catch (error) {
      // The caller waits no longer; the device is free again once the kernel has ended what it began.
      void connection.then((late) => late.close(), giveBack);
      throw await this.#reasonOf(error);
    }
  }

  /** A container lists the devices of its host, and lacks the file of one that it was not given. */
  async #reasonOf(error: unknown): Promise<unknown> {
    if (!(error instanceof UsbFault) || error.kind !== "GONE") return error;
    const { bus, address } = this.#native;
    const file = `/dev/bus/usb/${bus}/${String(address).padStart(3, "0")}`;
    if ((await isThere(file)) || !(await isThere(`/sys/bus/usb/devices/${this.port}`))) return error;
    return new UsbFault("NO_PERMISSION", `this process has no ${file}`, { cause: error });
  }
}

async function openAndClaim(native: NativeDevice): Promise<void> {
  await native.open();
  try {
    await native.claimInterface(INTERFACE);
  } catch (error) {
    await native.close();
    throw error;
  }
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
