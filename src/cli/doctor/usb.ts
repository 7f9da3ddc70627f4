import type { UsbConfig } from "../../config.ts";
import { formatUsbId } from "../../usb/usb-id.ts";
import { counted } from "../render/terms.ts";
import { type Finding, fail, ok } from "./check.ts";
import { findKeyDevices, type KeyDevice, SYSTEM_PLACES, type UsbPlaces } from "./usb-devices.ts";

/**
 * Whether this account can read USB keys here, as far as that shows without reading one: that is the server's work.
 * A host without USB is sound, for all but keys works on it (UK-NO-1).
 *
 * @param hasUsbKeys whether the product has USB keys
 * @param places default: those of the system
 */
export async function checkUsb(
  { mode, ids }: UsbConfig,
  hasUsbKeys: boolean,
  places: UsbPlaces = SYSTEM_PLACES,
): Promise<Finding> {
  if (!hasUsbKeys) return ok("this product has no USB keys");
  if (mode === "off") return ok("off: no USB keys are read on this node (LICENSE_USB)");
  if (mode === "emulated") return ok("only emulated USB keys are read (LICENSE_USB)");
  const devices = await findKeyDevices(ids, places);
  if (devices !== undefined) return judgeKeyDevices(devices, ids.map(formatUsbId));
  return ok(
    "this kernel has no USB, so no keys are read on this node; a virtual machine needs a USB controller, a container /sys and /dev/bus/usb",
  );
}

/** The finding on the devices that look like keys. */
export function judgeKeyDevices(devices: readonly KeyDevice[], ids: readonly string[]): Finding {
  if (devices.length === 0) return ok(`no key is plugged in (${ids.join(", ")})`);
  const closed = devices.filter(({ problem }) => problem !== undefined);
  const ports = (some: readonly KeyDevice[]) => some.map(({ port }) => port).join(", ");
  const [first] = closed;
  if (first === undefined) {
    return ok(`this account can open ${counted(devices.length, "key")} (${ports(devices)})`);
  }
  return fail(
    `This account cannot open ${counted(closed.length, "key")} of ${devices.length} (${ports(closed)}): ${first.problem}.`,
    REMEDIES[first.problem ?? ""] ?? "Pull the key and insert it again; see the log of the kernel (dmesg).",
  );
}

const BY_RULE =
  "Install the udev rule of the package, put the server's account into its group, and insert the key again; see the operator guide.";
const BY_CONTAINER =
  "In a container, pass /dev/bus/usb into it and allow its devices (character devices of major number 189).";

/** What to do, by the error of the operating system. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: BY_RULE,
  EPERM: BY_CONTAINER,
  ENOENT: BY_CONTAINER,
};
