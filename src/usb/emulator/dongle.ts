/** A license key as a USB device. What carries its transfers is another's: see memory-bus.ts and socket-bus.ts. */
import { DEFAULT_USB_IDS, type UsbIds } from "../protocol/requests.ts";
import { type DeviceTexts, StandardRequests } from "./descriptors.ts";
import { type EmulatedDevice, parseSetup, RECIPIENT_INTERFACE, type SetupReply } from "./emulated-device.ts";
import { type KeepMemory, KeyFirmware } from "./key-firmware.ts";
import type { KeyMemory } from "./key-memory.ts";

/** How a key shows itself to the kernel, and where its memory is kept. */
export interface DongleOptions extends Partial<DeviceTexts> {
  /** Keeps what must last, before the answer goes out. Default: it lasts as long as the dongle. */
  readonly keep?: KeepMemory;
}

/** A license key. */
export class Dongle implements EmulatedDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly #standard: StandardRequests;
  readonly #firmware: KeyFirmware;

  /**
   * @param memory from newKeyMemory, BLANK_MEMORY or a key file.
   */
  constructor(memory: KeyMemory, options: DongleOptions = {}) {
    const { keep = () => undefined, ...texts } = options;
    const ids: UsbIds = { ...DEFAULT_USB_IDS, ...texts };
    this.vendorId = ids.vendorId;
    this.productId = ids.productId;
    this.#firmware = new KeyFirmware(memory, keep);
    this.#standard = new StandardRequests({
      manufacturer: "license-service",
      product: "License key",
      serial: memory.keyId,
      ...texts,
      vendorId: this.vendorId,
      productId: this.productId,
    });
  }

  /** What the key remembers now. */
  get memory(): KeyMemory {
    return this.#firmware.memory;
  }

  /** Answers as a key of docs/usb-key-protocol.md does; never more than asked. */
  handleSetup(bytes: Uint8Array, data: Uint8Array): SetupReply {
    const setup = parseSetup(bytes);
    if (setup === undefined) return "stall";
    const reply = this.#answer(setup, data);
    return reply instanceof Uint8Array ? reply.subarray(0, setup.length) : reply;
  }

  #answer(setup: NonNullable<ReturnType<typeof parseSetup>>, data: Uint8Array): SetupReply {
    if (setup.type === "standard") return this.#standard.handle(setup);
    const isForKey = setup.type === "vendor" && setup.recipient === RECIPIENT_INTERFACE && setup.index === 0;
    if (!isForKey) return "stall";
    return setup.isIn ? this.#firmware.read(setup) : this.#firmware.write(setup, data);
  }
}
