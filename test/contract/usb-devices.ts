/** Devices that are described by plain data, so that another process can make them. */

import { Dongle } from "../../src/usb/emulator/dongle.ts";
import { type EmulatedDevice, parseSetup, type SetupReply } from "../../src/usb/emulator/emulated-device.ts";
import { foreignDevice } from "../../src/usb/emulator/foreign-device.ts";
import { HOSTILE_DEVICES } from "../../src/usb/emulator/hostile.ts";
import { keyFileText, parseKeyFile } from "../../src/usb/emulator/key-file-text.ts";
import {
  BLANK_MEMORY,
  type KeyIdentity,
  type KeyMemory,
  newKeyMemory,
} from "../../src/usb/emulator/key-memory.ts";
import { DEFAULT_USB_IDS, type UsbIds } from "../../src/usb/protocol/requests.ts";

/** What a device is made of. */
export type DeviceSpec =
  /** A key, as the text of its file. */
  | { readonly kind: "key"; readonly file: string }
  /** One of the hostile devices of the emulator. */
  | { readonly kind: "hostile"; readonly name: string }
  /** A key that answers what the kernel asks, and no request of ours. */
  | { readonly kind: "silent" }
  /** Another device. */
  | { readonly kind: "foreign"; readonly ids: UsbIds };

/** A new key with this on it. */
export function keyWith(identity: KeyIdentity, blob: Uint8Array = new Uint8Array()): DeviceSpec {
  return keyOf({ ...newKeyMemory(identity), blob });
}

/** A key that keeps this. */
export function keyOf(memory: KeyMemory): DeviceSpec {
  return { kind: "key", file: keyFileText(memory) };
}

/** Makes a device. */
export function makeDevice(spec: DeviceSpec): EmulatedDevice {
  switch (spec.kind) {
    case "key":
      return new Dongle(parseKeyFile(spec.file));
    case "hostile":
      return makeHostile(spec.name);
    case "silent":
      return new SilentDevice();
    case "foreign":
      return foreignDevice(spec.ids);
  }
}

function makeHostile(name: string): EmulatedDevice {
  const found = HOSTILE_DEVICES.find((device) => device.name === name);
  if (found === undefined) throw new Error(`no hostile device is named ${name}`);
  return found.make();
}

class SilentDevice implements EmulatedDevice {
  readonly vendorId = DEFAULT_USB_IDS.vendorId;
  readonly productId = DEFAULT_USB_IDS.productId;
  readonly #kernelSide = new Dongle(BLANK_MEMORY, { serial: "SILENT" });

  handleSetup(setup: Uint8Array, data: Uint8Array): SetupReply {
    return parseSetup(setup)?.type === "vendor" ? "silent" : this.#kernelSide.handleSetup(setup, data);
  }
}
