import type { Config } from "../config.ts";
import type { Profile } from "../domain/profile.ts";
import { readPackage } from "../license-file/read-package.ts";
import type { LicensingContext } from "../licensing/licensing-context.ts";
import type { Logger } from "../log.ts";
import { systemTimers } from "../snapshot/timers.ts";
import type { Store } from "../store/store.ts";
import { UsbAgent } from "../usb/agent/usb-agent.ts";
import type { UsbBus } from "../usb/bus/bus.ts";
import { HostBus } from "../usb/bus/host-bus.ts";
import { JoinedBus } from "../usb/bus/joined-bus.ts";
import { portsDirectoryOf } from "../usb/emulator/ports-directory.ts";
import { SocketBus } from "../usb/emulator/socket-bus.ts";
import { portsWithoutAgent } from "../usb/platform/ports-without-agent.ts";
import type { UsbPorts } from "../usb/platform/usb-overview.ts";
import { UsbPlatform } from "../usb/platform/usb-platform.ts";

export { EMULATED_PORTS } from "../usb/emulator/ports-directory.ts";

/** What the work on USB keys needs. */
export interface UsbParts {
  readonly config: Config;
  readonly profile: Profile;
  readonly store: Store;
  readonly licensing: LicensingContext;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  readonly log: Logger;
}

/** The work on USB keys; its owner ends it, before the hub. */
export interface RunningUsb {
  readonly ports: UsbPorts;
  close(): Promise<void>;
}

/** Begins to look at the USB ports of this node, if the product has keys. */
export function startUsb(parts: UsbParts): RunningUsb {
  const { config, profile, store, licensing, log } = parts;
  const { nodeId, expected, trust, limits } = licensing;
  if (!profile.usbKeys) return { ports: portsWithoutAgent(nodeId), close: async () => undefined };
  const agent = new UsbAgent({
    bus: busOf(parts),
    ids: config.usb.ids,
    platformThumbprint: expected.thumbprint,
    nodeId,
    verify: (blob) => readPackage(blob, trust, expected, limits),
    keysWithoutProof: profile.usbKeysWithoutProof,
    log,
    timers: systemTimers,
  });
  const ports = UsbPlatform.start({ agent, store, licensing, timers: systemTimers, log });
  const close = async () => {
    await ports.close();
    await agent.close();
  };
  return { ports, close };
}

/** `undefined`: switched off. Emulated keys count in development mode alone: anybody can make one. */
function busOf({ config, dataDirectory }: UsbParts): UsbBus | undefined {
  const { mode } = config.usb;
  if (mode === "off") return undefined;
  if (!config.isDevelopment) return new HostBus();
  const emulated = new SocketBus({ directory: portsDirectoryOf(dataDirectory) });
  return mode === "emulated" ? emulated : new JoinedBus([new HostBus(), emulated]);
}
