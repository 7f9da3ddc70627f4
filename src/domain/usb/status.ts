/** The status of the platform's keys by the table UK-ST. */
import type { CountingKey } from "./presence.ts";
import type { UsbStatus } from "./usb-facts.ts";

/** The rows of the table, by status. */
export const STATUS_RULES: Readonly<Record<UsbStatus, string>> = {
  MISSING: "UK-ST-1",
  READY: "UK-ST-2",
  ABNORMAL: "UK-ST-3",
  FAULT: "UK-ST-4",
};

/**
 * The status by the number of nodes with exactly one counting key, and of those with more.
 *
 * @param hasEverGiven a key gave rights on this platform, be it known still or not
 */
export function statusOf(counting: readonly CountingKey[], hasEverGiven: boolean): UsbStatus | undefined {
  const counts = [...Map.groupBy(counting, ({ nodeId }) => nodeId).values()].map(({ length }) => length);
  const one = counts.filter((count) => count === 1).length;
  const many = counts.length - one;
  if (one === 0 && many === 0) return hasEverGiven ? "MISSING" : undefined;
  if (one === 0) return "FAULT";
  return one === 1 && many === 0 ? "READY" : "ABNORMAL";
}
