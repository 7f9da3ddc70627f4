import { randomBytes, randomUUID } from "node:crypto";
import type { UsbConnection } from "../../usb/bus/bus.ts";
import { proveKey } from "../../usb/protocol/exchange.ts";
import type { KeyInfo } from "../../usb/protocol/info.ts";

/** Has a key prove that it holds its private key: to a platform that does not exist. @throws KeyFault, UsbFault */
export async function proveOnce(connection: UsbConnection, info: KeyInfo): Promise<void> {
  const platformThumbprint = randomBytes(32).toString("base64url");
  await proveKey(connection, { info, platformThumbprint, nodeId: randomUUID(), lastCounter: undefined });
}
