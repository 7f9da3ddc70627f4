import type { DeviceProblem } from "../../domain/usb/sights.ts";
import { NoAnswerError } from "../../snapshot/patience.ts";
import { UsbFault, type UsbFaultKind } from "../bus/bus.ts";
import { KeyFault } from "../protocol/key-fault.ts";

const PROBLEM_OF_FAULT: Readonly<Record<UsbFaultKind, DeviceProblem>> = {
  NO_PERMISSION: "NO_PERMISSION",
  BUSY: "BUSY",
  NO_USB_SUPPORT: "NO_ANSWER",
  STALL: "NO_ANSWER",
  TIMEOUT: "NO_ANSWER",
  GONE: "NO_ANSWER",
  OTHER: "NO_ANSWER",
};

/** What an exchange that failed says against its device; `undefined`: the error is none of a device. */
export function deviceProblemOf(error: unknown): DeviceProblem | undefined {
  if (error instanceof KeyFault) return error.kind;
  if (error instanceof UsbFault) return PROBLEM_OF_FAULT[error.kind];
  return error instanceof NoAnswerError ? "NO_ANSWER" : undefined;
}
