/** What every USB device answers: its descriptors and the standard requests of USB 2.0, chapter 9. */
import type { UsbIds } from "../protocol/requests.ts";
import type { Setup, SetupReply } from "./emulated-device.ts";

/** What a device says of itself to the kernel. */
export interface DeviceTexts extends UsbIds {
  readonly manufacturer: string;
  readonly product: string;
  readonly serial: string;
}

const REQUEST = {
  getStatus: 0,
  clearFeature: 1,
  setFeature: 3,
  setAddress: 5,
  getDescriptor: 6,
  getConfiguration: 8,
  setConfiguration: 9,
  getInterface: 10,
  setInterface: 11,
} as const;

const DESCRIPTOR = { device: 1, configuration: 2, string: 3, interface: 4 } as const;
const DEVICE_DESCRIPTOR_BYTES = 18;
const CONFIGURATION_BYTES = 9;
const INTERFACE_BYTES = 9;
const VENDOR_CLASS = 0xff;
const ENGLISH = 0x0409;
/** Bus powered, 100 mA. */
const ATTRIBUTES = 0x80;
const MAX_POWER = 50;

/** The standard part of a device: it has one configuration, one interface and no endpoints but the first. */
export class StandardRequests {
  readonly #texts: DeviceTexts;
  #configuration = 0;

  constructor(texts: DeviceTexts) {
    this.#texts = texts;
  }

  /** Answers a standard request. */
  handle({ request, value }: Setup): SetupReply {
    switch (request) {
      case REQUEST.getDescriptor:
        return this.#descriptor(value >> 8, value & 0xff) ?? "stall";
      case REQUEST.getStatus:
        return Uint8Array.of(0, 0);
      case REQUEST.getConfiguration:
        return Uint8Array.of(this.#configuration);
      case REQUEST.getInterface:
        return Uint8Array.of(0);
      case REQUEST.setConfiguration:
        this.#configuration = value & 0xff;
        return "accepted";
      case REQUEST.setAddress:
      case REQUEST.setInterface:
      case REQUEST.clearFeature:
      case REQUEST.setFeature:
        return "accepted";
      default:
        return "stall";
    }
  }

  #descriptor(type: number, index: number): Uint8Array | undefined {
    if (type === DESCRIPTOR.device) return deviceDescriptor(this.#texts);
    if (type === DESCRIPTOR.configuration) return configurationDescriptor();
    return type === DESCRIPTOR.string ? this.#string(index) : undefined;
  }

  #string(index: number): Uint8Array | undefined {
    const { manufacturer, product, serial } = this.#texts;
    const texts = [undefined, manufacturer, product, serial];
    const text = texts[index];
    const content = index === 0 ? uint16(ENGLISH) : text && Buffer.from(text, "utf16le");
    return content ? Uint8Array.of(2 + content.length, DESCRIPTOR.string, ...content) : undefined;
  }
}

function deviceDescriptor({ vendorId, productId }: UsbIds): Uint8Array {
  return Uint8Array.of(
    ...[DEVICE_DESCRIPTOR_BYTES, DESCRIPTOR.device],
    ...uint16(0x0200),
    // Class, subclass and protocol are the interface's to say; 64 bytes fit into a packet of endpoint 0.
    ...[0, 0, 0, 64],
    ...uint16(vendorId),
    ...uint16(productId),
    ...uint16(0x0100),
    // Strings of manufacturer, product and serial number; one configuration.
    ...[1, 2, 3, 1],
  );
}

function configurationDescriptor(): Uint8Array {
  const total = CONFIGURATION_BYTES + INTERFACE_BYTES;
  return Uint8Array.of(
    ...[CONFIGURATION_BYTES, DESCRIPTOR.configuration, ...uint16(total), 1, 1, 0, ATTRIBUTES, MAX_POWER],
    ...[INTERFACE_BYTES, DESCRIPTOR.interface, 0, 0, 0, VENDOR_CLASS, 0, 0, 0],
  );
}

function uint16(value: number): readonly number[] {
  return [value & 0xff, value >> 8];
}
