import test from "ava";
import { UsbFault } from "../../../../src/usb/bus/bus.ts";
import { usbFaultOf } from "../../../../src/usb/bus/device-faults.ts";

const SAID = [
  ["getDevices error: /sys/bus/usb/devices/ not found (errno 2)", "NO_USB_SUPPORT"],
  ["getDevices error: /sys/bus/usb/devices/ permission denied (errno 13)", "NO_PERMISSION"],
  ["open error: permission denied (errno 13)", "NO_PERMISSION"],
  ["open error: permission denied (errno 1)", "NO_PERMISSION"],
  ["open error: device not found (errno 2)", "GONE"],
  ["open error: failed to open device (errno 19)", "GONE"],
  ["open error: failed to read descriptors (errno 19)", "GONE"],
  ["open error: failed to read sysfs bConfigurationValue", "GONE"],
  ["claimInterface error: interface is busy (errno 16)", "BUSY"],
  ["claimInterface error: interface not found (errno 2)", "OTHER"],
  ["claimInterface error: device disconnected (errno 19)", "GONE"],
  ["controlTransferIn error: endpoint stalled", "STALL"],
  ["controlTransferIn error: transfer was cancelled", "TIMEOUT"],
  ["controlTransferIn error: device disconnected", "GONE"],
  ["transferIn error: Disconnected", "GONE"],
  ["controlTransferIn error: hardware fault or protocol violation", "OTHER"],
  ["controlTransferOut error: unknown (errno 12)", "OTHER"],
] as const;

test("UK-NO-1: what the library says of ports and devices is told apart, and its words are kept", (t) => {
  for (const [text, kind] of SAID) {
    const fault = usbFaultOf(new Error(text));
    t.is(fault.kind, kind, text);
    t.true(fault.message.includes(text));
  }
});

test("a fault stays the one it is, and anything else that is thrown is a failure", (t) => {
  const fault = new UsbFault("BUSY", "in use");
  t.is(usbFaultOf(fault), fault);
  t.is(usbFaultOf(undefined).kind, "OTHER");
});
