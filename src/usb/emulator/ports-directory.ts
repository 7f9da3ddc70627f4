import { join } from "node:path";

/** The folder of the data directory in which emulated devices are plugged in (development mode). */
export const EMULATED_PORTS = "usb-ports";

/** Where a server in development mode looks for emulated devices. */
export function portsDirectoryOf(dataDirectory: string): string {
  return join(dataDirectory, EMULATED_PORTS);
}
