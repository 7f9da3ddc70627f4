/** The USB devices of this host that look like keys, by what the kernel tells of them in /sys. */
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";
import type { UsbIds } from "../../usb/protocol/requests.ts";
import { isSameUsbId } from "../../usb/usb-id.ts";

/** Where a kernel shows its USB devices. */
export interface UsbPlaces {
  /** Holds a directory for each device. */
  readonly devices: string;
  /** Holds the file by which a device is opened, as "<bus>/<device>", three digits each. */
  readonly nodes: string;
}

/** The places of Linux. */
export const SYSTEM_PLACES: UsbPlaces = { devices: "/sys/bus/usb/devices", nodes: "/dev/bus/usb" };

/** A device that looks like a key. */
export interface KeyDevice {
  /** Bus and ports, as the kernel names it: "1-2.4". */
  readonly port: string;
  /** Why this account cannot open it, a code of the operating system; `undefined`: it can. */
  readonly problem: string | undefined;
}

/** Finds the devices with one of these ids, by port. `undefined`: the kernel has no USB. */
export async function findKeyDevices(
  ids: readonly UsbIds[],
  places: UsbPlaces,
): Promise<readonly KeyDevice[] | undefined> {
  const ports = await readdir(places.devices).catch((error: unknown) => {
    if (isErrorWithCode(error, "ENOENT")) return undefined;
    throw error;
  });
  const found = await Promise.all(ports?.map((port) => look(ids, places, port)) ?? []);
  return ports && found.filter((device) => device !== undefined).sort((a, b) => (a.port < b.port ? -1 : 1));
}

async function look(ids: readonly UsbIds[], places: UsbPlaces, port: string): Promise<KeyDevice | undefined> {
  const fact = async (name: string, radix: number) => {
    // An interface has none of these files, and a device that is pulled meanwhile has them no more.
    const text = await readFile(join(places.devices, port, name), "utf8").catch(() => "");
    return Number.parseInt(text, radix);
  };
  const id = { vendorId: await fact("idVendor", 16), productId: await fact("idProduct", 16) };
  if (!ids.some((known) => isSameUsbId(known, id))) return undefined;
  const [bus, device] = await Promise.all([fact("busnum", 10), fact("devnum", 10)]);
  return { port, problem: await problemOf(join(places.nodes, threeDigits(bus), threeDigits(device))) };
}

/** Opening alone asks nothing of the device. */
async function problemOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, "r+");
    await file.close();
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  }
}

function threeDigits(number: number): string {
  return String(number).padStart(3, "0");
}
