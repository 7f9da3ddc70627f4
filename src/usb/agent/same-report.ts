import type { AgentReport, SeenDevice } from "./report.ts";

/** Whether two reports differ in nothing but times. What is gone is told by what is there. */
export function isSameButTimes(a: AgentReport, b: AgentReport): boolean {
  return (
    a.unavailable?.reason === b.unavailable?.reason &&
    a.unavailable?.message === b.unavailable?.message &&
    (a.scannedMs === undefined) === (b.scannedMs === undefined) &&
    a.devices.length === b.devices.length &&
    a.devices.every((device, index) => isSameDevice(device, b.devices[index]))
  );
}

/** A key that was read anew counts as changed. */
function isSameDevice(a: SeenDevice, b: SeenDevice | undefined): boolean {
  return (
    a.id === b?.id &&
    a.key === b.key &&
    a.isProven === b.isProven &&
    a.mark === b.mark &&
    a.problem === b.problem &&
    a.licenseReason === b.licenseReason
  );
}
