import { UsbFault, type UsbFaultKind } from "../../usb/bus/bus.ts";
import { KeyFault } from "../../usb/protocol/key-fault.ts";
import { CliError } from "../cli-error.ts";

/** Stable reason, what happened and what to do for each kind of fault. */
const FAULTS: Readonly<Record<UsbFaultKind, readonly [reason: string, message: string, remedy: string]>> = {
  NO_USB_SUPPORT: [
    "NO_USB_SUPPORT",
    "This machine has no USB ports that a program can use.",
    "Use a machine that has some, or an emulated key: --file.",
  ],
  NO_PERMISSION: [
    "NO_PERMISSION",
    "This account may not open the key.",
    "Run it as root, or install the udev rule of deploy/udev and join its group.",
  ],
  BUSY: [
    "BUSY",
    "Another program holds the key.",
    "End that program: a license service on this machine reads keys unless LICENSE_USB is off.",
  ],
  STALL: [
    "KEY_REFUSED",
    "The key does not take the request.",
    "Look at the key: licensectl authority usb-key show.",
  ],
  TIMEOUT: [
    "NO_ANSWER",
    "The key does not answer in time.",
    "Pull it, insert it again and repeat the command.",
  ],
  GONE: ["GONE", "The key was pulled.", "Insert it and repeat the command."],
  OTHER: ["NO_ANSWER", "The key cannot be reached.", "Pull it, insert it again and repeat the command."],
};

/** Runs work on a key; its faults become failures of licensectl. @throws CliError of kind refused. */
export async function asKeyWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}

function toFailure(error: unknown): unknown {
  if (error instanceof KeyFault) {
    return new CliError("refused", `This is no key to rely on: ${error.message}.`, {
      reason: error.kind,
      remedy: "Use another key; if it is the maker's first, hold it against docs/usb-key-protocol.md.",
      cause: error,
    });
  }
  if (!(error instanceof UsbFault)) return error;
  const [reason, message, remedy] = FAULTS[error.kind];
  return new CliError("refused", message, {
    reason,
    meaning: `The port says: ${error.message}.`,
    remedy,
    cause: error,
  });
}
