/** Which buffers run at an instant (UK-BU-2, UK-BU-6). */
import type { Instant } from "../license.ts";
import type { UsbBuffer, UsbFacts } from "./usb-facts.ts";

/** The buffers that run at an instant, by key. */
export function runningBuffers({ buffers }: UsbFacts, at: Instant): readonly UsbBuffer[] {
  return buffers.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
}
