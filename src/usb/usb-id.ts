/** Vendor and product ids as people write them: "1209:0001", as `lsusb` shows them. */
import type { UsbIds } from "./protocol/requests.ts";

/** Most ids that one list may name. */
export const MAX_USB_IDS = 16;

const ID = /^(?<vendor>[0-9a-f]{4}):(?<product>[0-9a-f]{4})$/i;

/** Reads "1209:0001": four hexadecimal digits each. `undefined`: it is none. */
export function parseUsbId(text: string): UsbIds | undefined {
  const { vendor, product } = ID.exec(text)?.groups ?? {};
  if (vendor === undefined || product === undefined) return undefined;
  return { vendorId: Number.parseInt(vendor, 16), productId: Number.parseInt(product, 16) };
}

/** Reads "1209:0001,1209:0002": at least one, none twice. `undefined`: it is no such list. */
export function parseUsbIds(text: string): readonly UsbIds[] | undefined {
  const ids = text.split(",").map(parseUsbId);
  const known = ids.filter((id) => id !== undefined);
  const distinct = new Set(known.map(formatUsbId));
  const isSound = known.length === ids.length && distinct.size === ids.length && ids.length <= MAX_USB_IDS;
  return isSound ? known : undefined;
}

/** "1209:0001". */
export function formatUsbId({ vendorId, productId }: UsbIds): string {
  return [vendorId, productId].map((id) => id.toString(16).padStart(4, "0")).join(":");
}

/** Whether two devices have the same ids. */
export function isSameUsbId(a: UsbIds, b: UsbIds): boolean {
  return a.vendorId === b.vendorId && a.productId === b.productId;
}
