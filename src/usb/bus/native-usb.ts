/**
 * The addon of the package `usb`, without the WebUSB layer that the package puts over it. That layer lists
 * devices and registers listeners on its own, and throws what fails there from a timer or leaves it as a
 * rejection: both end the process, and no caller can catch either. Here every call is one promise of ours.
 *
 * Names, serial numbers and configurations of a device are not among what is used: where the kernel has not
 * read them, their getters open the device and ask it, on the thread of JavaScript.
 */
import { UsbFault } from "./bus.ts";

/** The interface that license keys answer at. */
export const INTERFACE = 0;

/** What the addon is used for. */
export interface NativeUsb {
  nativeGetDevices(): Promise<readonly NativeDevice[]>;
  readonly Emitter: new () => NativeEmitter;
}

/** Tells what the device manager of the host tells. */
export interface NativeEmitter {
  addAttach(callback: () => void): Promise<void>;
  addDetach(callback: () => void): Promise<void>;
  removeAttach(): Promise<void>;
  removeDetach(): Promise<void>;
}

/** One stay of a device. Its methods may not overlap. */
export interface NativeDevice {
  readonly vendorId: number;
  readonly productId: number;
  /** Three digits: "001". */
  readonly bus: string;
  /** Of the stay: it rises with each device that is plugged into the bus, and begins anew after 127. */
  readonly address: number;
  readonly ports: readonly number[];
  open(): Promise<void>;
  close(): Promise<void>;
  claimInterface(interfaceNumber: number): Promise<void>;
  releaseInterface(interfaceNumber: number): Promise<void>;
  nativeControlTransferIn(setup: NativeSetup, timeoutMs: number, length: number): Promise<Uint8Array | null>;
  nativeControlTransferOut(setup: NativeSetup, timeoutMs: number, data: Uint8Array): Promise<number>;
}

/** A control request. */
export interface NativeSetup {
  readonly requestType: "vendor";
  readonly recipient: "interface";
  readonly request: number;
  readonly value: number;
  readonly index: number;
}

/**
 * Loads the addon, at the first use: a host that has none for its kind of machine starts without it.
 *
 * @throws UsbFault NO_USB_SUPPORT
 */
export async function loadNativeUsb(): Promise<NativeUsb> {
  try {
    return await import("usb/index.js");
  } catch (error) {
    throw new UsbFault("NO_USB_SUPPORT", "the USB library does not run on this host", { cause: error });
  }
}
