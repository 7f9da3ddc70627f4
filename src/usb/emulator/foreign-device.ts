import type { UsbIds } from "../protocol/requests.ts";
import { StandardRequests } from "./descriptors.ts";
import { type EmulatedDevice, parseSetup } from "./emulated-device.ts";

/** A device that is no key and does not look like one: it refuses everything but the standard requests. */
export function foreignDevice(ids: UsbIds = { vendorId: 0x046d, productId: 0xc31c }): EmulatedDevice {
  const standard = new StandardRequests({ ...ids, manufacturer: "Another", product: "Mouse", serial: "1" });
  return {
    ...ids,
    handleSetup(bytes) {
      const setup = parseSetup(bytes);
      if (setup?.type !== "standard") return "stall";
      const reply = standard.handle(setup);
      return reply instanceof Uint8Array ? reply.subarray(0, setup.length) : reply;
    },
  };
}
