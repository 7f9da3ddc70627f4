/**
 * What the USB library and the kernel say, as one of our kinds. Every error of the library has the same code,
 * so only its text tells one from another, and it is read here alone.
 */
import { UsbFault, type UsbFaultKind } from "./bus.ts";

/** Signs of a kind in a text, the first that is there decides. */
const SIGNS: readonly (readonly [sign: RegExp, kind: UsbFaultKind])[] = [
  [/\/sys\/bus\/usb\/devices\/ not found/, "NO_USB_SUPPORT"],
  [/permission denied|\(errno (1|13)\)/, "NO_PERMISSION"],
  [/is busy|\(errno 16\)/, "BUSY"],
  [/endpoint stalled|\(errno 32\)/, "STALL"],
  [/transfer was cancelled|\(errno 110\)/, "TIMEOUT"],
  [/disconnected|device not found|\(errno (19|108)\)/i, "GONE"],
  // A device leaves the file system of the kernel a moment before its own file says that it is gone.
  [/failed to read sysfs/, "GONE"],
];

const MEANINGS: Readonly<Record<UsbFaultKind, string>> = {
  NO_USB_SUPPORT: "this host has no USB",
  NO_PERMISSION: "this process may not open the device",
  BUSY: "another program uses the device",
  STALL: "the device refuses the request",
  TIMEOUT: "the device did not answer in time",
  GONE: "the device is gone",
  OTHER: "the device or its connection failed",
};

/** The fault that an error of the USB library is; one that is a fault already stays itself. */
export function usbFaultOf(error: unknown): UsbFault {
  if (error instanceof UsbFault) return error;
  const text = error instanceof Error ? error.message : String(error);
  const kind = SIGNS.find(([sign]) => sign.test(text))?.[1] ?? "OTHER";
  return new UsbFault(kind, `${MEANINGS[kind]} (${text})`, { cause: error });
}
