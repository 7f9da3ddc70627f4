/** Plugs devices into a port that the kernel itself provides (vhci_hcd): every program sees them as hardware. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import type { EmulatedDevice } from "./emulated-device.ts";
import { serveUsbIp } from "./usbip.ts";

const CONTROLLER = "/sys/devices/platform/vhci_hcd.0";

/** As the kernel numbers speeds: high, the only one that the first ports have. */
const HIGH_SPEED = 3;

/** State of a port without a device, in the controller's list. */
const FREE = "004";

/** Why no device can be plugged into the kernel, for people. */
export class KernelPortError extends Error {
  override readonly name = "KernelPortError";
}

/** A device in a port of the kernel. */
export interface KernelPlugged {
  /** Number of the controller's port. */
  readonly port: number;
  /** Resolves when the kernel has let go of the device, whoever pulled it. */
  readonly ended: Promise<void>;
  /** Takes the device out. */
  unplug(): Promise<void>;
  /** Breaks the wire: the kernel finds out by itself. */
  yank(): void;
}

/**
 * Plugs a device in. The process that does it serves the device until it is unplugged.
 *
 * @throws KernelPortError without the module vhci_hcd, without root, or when no port is free.
 */
export async function plugIntoKernel(device: EmulatedDevice): Promise<KernelPlugged> {
  const { kernelEnd, deviceEnd } = await connectedPair();
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<void>();
  serveUsbIp(deviceEnd, device, onEnd);
  try {
    const port = await attach(descriptorOf(kernelEnd));
    return {
      port,
      ended,
      async unplug() {
        if (!deviceEnd.destroyed) await control("detach", `${port}`);
        deviceEnd.destroy();
      },
      yank: () => void deviceEnd.destroy(),
    };
  } catch (error) {
    deviceEnd.destroy();
    throw explained(error);
  } finally {
    // The kernel holds the connection by itself now.
    kernelEnd.destroy();
  }
}

/** @returns the port that the device is in: the first that nobody else has taken meanwhile. */
async function attach(descriptor: number): Promise<number> {
  for (;;) {
    const port = await findFreePort();
    try {
      await control("attach", `${port} ${descriptor} ${(1 << 16) | (port + 2)} ${HIGH_SPEED}`);
      return port;
    } catch (error) {
      if (codeOf(error) !== "EBUSY") throw error;
    }
  }
}

/** Lines of the list are "hs  0000 004 000 00000000 000000 0-0": hub, port, state. */
async function findFreePort(): Promise<number> {
  const list = await readFile(`${CONTROLLER}/status`, "utf8");
  const rows = list.split("\n").map((line) => line.trim().split(/\s+/));
  const free = rows.find(([hub, , state]) => hub === "hs" && state === FREE);
  if (free === undefined) throw new KernelPortError("every USB port of the kernel's vhci_hcd is taken");
  return Number(free[1]);
}

function control(file: "attach" | "detach", text: string): Promise<void> {
  return writeFile(`${CONTROLLER}/${file}`, text);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function explained(cause: unknown): KernelPortError {
  if (cause instanceof KernelPortError) return cause;
  switch (codeOf(cause)) {
    case "ENOENT":
      return new KernelPortError('the kernel has no virtual USB ports: load them with "modprobe vhci-hcd"', {
        cause,
      });
    case "EACCES":
    case "EPERM":
      return new KernelPortError("only root may plug a device into the kernel", { cause });
    default:
      return new KernelPortError(`the kernel does not take the device: ${String(cause)}`, { cause });
  }
}

/** Two ends of one stream: Node makes them by a server that takes a single connection. */
async function connectedPair(): Promise<{ readonly kernelEnd: Socket; readonly deviceEnd: Socket }> {
  const path = `\0license-service-usb-${randomUUID()}`;
  const server = createServer();
  server.listen(path);
  await once(server, "listening");
  const accepted = once(server, "connection");
  // Paused, for what arrives at this end is the kernel's to read.
  const kernelEnd = connect({ path }).pause();
  await once(kernelEnd, "connect");
  const [deviceEnd] = await accepted;
  server.close();
  return { kernelEnd, deviceEnd };
}

/** Number of the file that the kernel takes over. Node knows it and says it nowhere but here. */
function descriptorOf(socket: Socket): number {
  const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
  if (fd >= 0) return fd;
  throw new KernelPortError("this system names no descriptor of a socket");
}
