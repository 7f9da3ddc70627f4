/** When a license is carried by what it is bound to (LI-3): always, while a buffer of its USB key runs, or never. */
import type { Binding, CarriedSpan, InstalledLicense } from "../license.ts";
import { isSameKey, type UsbFacts } from "./usb-facts.ts";

/** No instant is in it. */
const NEVER: CarriedSpan = { from: 0, until: 0, by: "NONE" };

/** The span in which a binding carries; `undefined`: it always does. */
export function carriedSpan(binding: Binding, usb: UsbFacts): CarriedSpan | undefined {
  if (binding.method === "request-code") return undefined;
  const giving = usb.giving.find((key) => isSameKey(key, binding));
  if (giving !== undefined) {
    if (giving.until === undefined) return undefined;
    return { from: Number.NEGATIVE_INFINITY, until: giving.until, by: "UNWATCHED" };
  }
  const buffer = usb.buffers.find((key) => isSameKey(key, binding));
  return buffer === undefined ? NEVER : { from: buffer.startsAt, until: buffer.endsAt, by: "BUFFER" };
}

/** The license as its binding carries it by these facts. */
export function carry(license: InstalledLicense, usb: UsbFacts): InstalledLicense {
  const carried = carriedSpan(license.binding, usb);
  return isSameSpan(carried, license.carried) ? license : { ...license, carried };
}

function isSameSpan(a: CarriedSpan | undefined, b: CarriedSpan | undefined): boolean {
  return a?.from === b?.from && a?.until === b?.until && a?.by === b?.by;
}
