import { UsbFault } from "./bus.ts";
import { usbFaultOf } from "./device-faults.ts";

/**
 * Waits for a call of the USB library, at most so long. The call itself cannot be ended: it goes on unseen, and
 * what it fails with afterwards is nobody's.
 *
 * @throws UsbFault TIMEOUT once the time is over; otherwise what the call fails with, as a fault.
 */
export async function within<T>(limitMs: number, call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new UsbFault("TIMEOUT", `the host has not ended a request for ${limitMs} ms`));
  }, limitMs);
  try {
    return await Promise.race([call, late.promise]);
  } catch (error) {
    throw usbFaultOf(error);
  } finally {
    clearTimeout(timer);
  }
}
