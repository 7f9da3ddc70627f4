import { DAY_MS, type Instant } from "../domain/license.ts";

/** Days until an instant; negative once it has passed. */
export function daysUntil(instant: Instant, now: Instant): number {
  return (instant - now) / DAY_MS;
}
