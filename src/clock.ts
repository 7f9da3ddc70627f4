import type { Instant } from "./domain/license.ts";

/** Where the time comes from: a parameter from the composition root down. */
export interface Clock {
  /** The instant now. Never runs back within a process (EV-2). */
  now(): Instant;
}

/**
 * A clock that follows `read` but never runs back: while `read` lags behind what was answered
 * before, the last answer stands.
 */
export function createClock(read: () => Instant = Date.now): Clock {
  let latest = Number.NEGATIVE_INFINITY;
  return {
    now() {
      latest = Math.max(latest, Math.floor(read()));
      return latest;
    },
  };
}
