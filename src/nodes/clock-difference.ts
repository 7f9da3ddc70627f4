/** Two clocks decide what is licensed: this node's, by which licenses end, and the database's, by which nodes are alive. */
import { DAY_MS, type Instant } from "../domain/license.ts";
import type { Alert } from "../snapshot/alert.ts";

/** Beyond this an alert stands. */
const WARNING_MS = 60_000;
/** Beyond this it is critical. */
const CRITICAL_MS = 3_600_000;

/** One look at the database's clock, from before and after by this node's. */
export interface ClockReading {
  readonly askedAt: Instant;
  readonly answeredAt: Instant;
  readonly databaseNow: Instant;
}

/**
 * How far this node's clock is ahead of the database's, in milliseconds; negative: behind. The database is
 * taken to have looked at its clock in the middle of the round trip.
 */
export function clockDifferenceMs({ askedAt, answeredAt, databaseNow }: ClockReading): number {
  return Math.round((askedAt + answeredAt) / 2 - databaseNow);
}

/** The alert that a difference calls for; `undefined`: a minute or less, none. */
export function clockAlert(differenceMs: number): Alert | undefined {
  const distanceMs = Math.abs(differenceMs);
  if (distanceMs <= WARNING_MS) return undefined;
  return {
    kind: "CLOCK_DIFFERS",
    severity: distanceMs > CRITICAL_MS ? "CRITICAL" : "WARNING",
    message: `The clock of this node is ${describeDifference(differenceMs)} the database's, so that licenses may start and end at the wrong time.`,
    // A process never takes its time back (EV-2).
    remedy: `Set both clocks right and keep them synchronized, for example by chrony${differenceMs > 0 ? "; if this node's was ahead, restart it then, for the time of a server never runs back" : ""}.`,
    subject: "",
  };
}

/** "3 min ahead of", "2 d behind", in the largest unit of which there are two or more. */
export function describeDifference(differenceMs: number): string {
  const distanceMs = Math.abs(differenceMs);
  const { unitMs, name } = UNITS.find((unit) => distanceMs >= 2 * unit.unitMs) ?? MILLISECOND;
  return `${Math.floor(distanceMs / unitMs)} ${name} ${differenceMs < 0 ? "behind" : "ahead of"}`;
}

const MILLISECOND = { unitMs: 1, name: "ms" };
const UNITS = [
  { unitMs: DAY_MS, name: "d" },
  { unitMs: 3_600_000, name: "h" },
  { unitMs: 60_000, name: "min" },
  { unitMs: 1_000, name: "s" },
];
