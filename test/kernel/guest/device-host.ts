/**
 * A process that plugs devices into the kernel and serves them, as its parent says. It is not the process that
 * reads them: that one may wait in the kernel for an answer, and none would ever come from a thread that waits.
 */
import { type KernelPlugged, plugIntoKernel } from "../../../src/usb/emulator/kernel-port.ts";
import { type DeviceSpec, makeDevice } from "../../contract/usb-devices.ts";

/** What the parent asks for. */
export type DeviceOrder =
  | { readonly id: number; readonly order: "plug"; readonly spec: DeviceSpec }
  | { readonly id: number; readonly order: "unplug" | "yank"; readonly device: number };

/** That it is done. */
export interface DeviceReply {
  readonly id: number;
  /** Why it is not. */
  readonly error?: string;
}

const plugged = new Map<number, KernelPlugged>();

process.on("message", (order: DeviceOrder) => void answer(order));
process.once("disconnect", () => process.exit());

async function answer(order: DeviceOrder): Promise<void> {
  const { id } = order;
  try {
    await obey(order);
    process.send?.({ id } satisfies DeviceReply);
  } catch (error) {
    process.send?.({ id, error: String(error) } satisfies DeviceReply);
  }
}

async function obey(order: DeviceOrder): Promise<void> {
  if (order.order === "plug") {
    plugged.set(order.id, await plugIntoKernel(makeDevice(order.spec)));
    return;
  }
  const device = plugged.get(order.device);
  if (order.order === "unplug") await device?.unplug();
  else device?.yank();
}
