/** Services whose only ports are emulated, and what is plugged into them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { EMULATED_PORTS } from "../../../src/start/start-usb.ts";
import type { EmulatedDevice } from "../../../src/usb/emulator/emulated-device.ts";
import { emulate } from "../../../src/usb/emulator/socket-port.ts";
import { DEFAULT_USB_IDS } from "../../../src/usb/protocol/requests.ts";
import { EMULATED, licenseFor, makeKey, type TestKey, withBlob } from "../../helpers/emulated-keys.ts";
import {
  type RpcService,
  type RpcServiceOptions,
  startRpcService,
  type Teardown,
} from "../../helpers/rpc-service.ts";

/** Starts a service that reads emulated keys alone, unless its settings say otherwise. */
export function startWithPorts(t: Teardown, options: RpcServiceOptions = {}): Promise<RpcService> {
  return startRpcService(t, { ...options, settings: { ...EMULATED, ...options.settings } });
}

/** Makes a key that carries a base license of the platform's vendor. */
export async function makeLicensedKey(rpc: RpcService, keyId: string): Promise<TestKey> {
  const key = makeKey({ keyId });
  return withBlob(key, await licenseFor(rpc, key));
}

/** Plugs any device into a port, also of a service that does not look at it; the test's end pulls it. */
export async function plugDevice(
  t: Teardown,
  rpc: RpcService,
  port: string,
  device: EmulatedDevice,
): Promise<void> {
  const directory = join(rpc.place.dataDirectory, EMULATED_PORTS);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const plugged = await emulate(device, join(directory, `${port}.sock`));
  t.teardown(() => plugged.close());
}

/** A device that looks like a key and never answers. */
export const SILENT: EmulatedDevice = { ...DEFAULT_USB_IDS, handleSetup: () => "silent" };
