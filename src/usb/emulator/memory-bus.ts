/** A USB bus in memory: for tests, with whole devices; only the wire is missing. */
import { systemTimers, type Timers } from "../../snapshot/timers.ts";
import { type UsbBus, type UsbConnection, type UsbDevice, UsbFault, type UsbFaultKind } from "../bus/bus.ts";
import type { EmulatedDevice } from "./emulated-device.ts";
import { MemoryWire } from "./memory-wire.ts";

/** What a {@link MemoryBus} pretends of its host. */
export interface MemoryBusOptions {
  /** Source of timeouts and slow answers. Default: the process's. */
  readonly timers?: Timers;
  /** `list` rejects with it: NO_USB_SUPPORT as on a host without USB. Default: it does not. */
  readonly listFault?: UsbFaultKind;
  /** No events come, as without udevd. Default: false. */
  readonly isMute?: boolean;
}

/** Where and how a device is plugged in. */
export interface PlugOptions {
  /** Default: the lowest free of "1-1", "1-2" and so on. */
  readonly port?: string;
  /** The user may not open it: NO_PERMISSION. Default: false. */
  readonly isForbidden?: boolean;
}

/** A device that is plugged in. */
export interface Plugged {
  /** As {@link UsbDevice.id}. */
  readonly id: string;
  readonly port: string;
  /** Lets the user open it, or not any more; no event tells. */
  setForbidden(isForbidden: boolean): void;
  /** Takes it out: transfers that wait reject with GONE, an event tells. Does nothing the second time. */
  unplug(): void;
  /** The same without a word of farewell, as a key that is torn out; on this bus nothing tells the two apart. */
  yank(): void;
}

/** A place of a {@link MemoryBus} in which a device is plugged in. */
class MemoryPort implements UsbDevice {
  readonly id: string;
  readonly port: string;
  readonly vendorId: number;
  readonly productId: number;
  readonly wire: MemoryWire;
  isForbidden: boolean;
  #user: UsbConnection | undefined;

  constructor(id: string, port: string, device: EmulatedDevice, wire: MemoryWire, isForbidden: boolean) {
    this.id = id;
    this.port = port;
    this.vendorId = device.vendorId;
    this.productId = device.productId;
    this.wire = wire;
    this.isForbidden = isForbidden;
  }

  get isOpen(): boolean {
    return this.#user !== undefined;
  }

  async open(): Promise<UsbConnection> {
    if (this.wire.isCut) throw new UsbFault("GONE", "the device is not plugged in any more");
    if (this.isForbidden) throw new UsbFault("NO_PERMISSION", "this user may not open the device");
    if (this.isOpen) throw new UsbFault("BUSY", "the device is in use");
    const user = this.#connection();
    this.#user = user;
    return user;
  }

  #connection(): UsbConnection {
    const wire = this.wire;
    const checkOpen = () => {
      if (this.#user !== connection) throw new UsbFault("OTHER", "the connection is closed");
    };
    const connection: UsbConnection = {
      read: async (request, value, length, timeoutMs) => {
        checkOpen();
        return wire.read(request, value, length, timeoutMs);
      },
      write: async (request, value, data, timeoutMs) => {
        checkOpen();
        return wire.write(request, value, data, timeoutMs);
      },
      close: async () => {
        if (this.#user === connection) this.#user = undefined;
      },
    };
    return connection;
  }
}

/** A USB bus in memory. */
export class MemoryBus implements UsbBus {
  /** See {@link MemoryBusOptions.listFault}; may be changed at any time. */
  listFault: UsbFaultKind | undefined;
  /** See {@link MemoryBusOptions.isMute}; may be changed at any time. */
  isMute: boolean;
  readonly #timers: Timers;
  readonly #ports = new Set<MemoryPort>();
  readonly #watchers = new Set<{ readonly onChange: () => void }>();
  #stays = 0;

  constructor({ timers = systemTimers, listFault, isMute = false }: MemoryBusOptions = {}) {
    this.#timers = timers;
    this.listFault = listFault;
    this.isMute = isMute;
  }

  async list(): Promise<readonly UsbDevice[]> {
    if (this.listFault !== undefined) throw new UsbFault(this.listFault, "the ports cannot be listed");
    return [...this.#ports];
  }

  watch(onChange: () => void): () => void {
    const watcher = { onChange };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** How many devices are open now. */
  get openDevices(): number {
    return [...this.#ports].filter(({ isOpen }) => isOpen).length;
  }

  /** How many watches run now. */
  get watches(): number {
    return this.#watchers.size;
  }

  /**
   * Plugs a device in.
   *
   * @throws Error: something is in that port already.
   */
  plug(device: EmulatedDevice, { port = this.#freePort(), isForbidden = false }: PlugOptions = {}): Plugged {
    if (this.#isTaken(port)) throw new Error(`something is in port ${port} already`);
    this.#stays += 1;
    const unplug = () => this.#unplug(plugged);
    const wire = new MemoryWire(device, this.#timers, unplug);
    const plugged = new MemoryPort(`memory-${this.#stays}`, port, device, wire, isForbidden);
    this.#ports.add(plugged);
    this.#tell();
    return {
      id: plugged.id,
      port,
      setForbidden: (forbidden) => {
        plugged.isForbidden = forbidden;
      },
      unplug,
      yank: unplug,
    };
  }

  #unplug(plugged: MemoryPort): void {
    if (!this.#ports.delete(plugged)) return;
    plugged.wire.cut();
    this.#tell();
  }

  #freePort(): string {
    for (let number = 1; ; number++) {
      if (!this.#isTaken(`1-${number}`)) return `1-${number}`;
    }
  }

  #isTaken(port: string): boolean {
    return [...this.#ports].some((plugged) => plugged.port === port);
  }

  #tell(): void {
    if (this.isMute) return;
    for (const { onChange } of [...this.#watchers]) onChange();
  }
}
