import type { Clock } from "../clock.ts";
import type { Instant } from "../domain/license.ts";
import { LONGEST_DELAY_MS, type Timer, type Timers } from "./timers.ts";

/**
 * Calls back once the clock has reached `instant`. A far instant is slept towards in stretches that
 * a timer can hold; a timer that fires early (Node's may, by a millisecond) goes back to sleep.
 */
export function alarmAt(clock: Clock, timers: Timers, instant: Instant, callback: () => void): Timer {
  let timer: Timer;
  const sleep = () => {
    const delayMs = Math.max(1, Math.min(instant - clock.now(), LONGEST_DELAY_MS));
    timer = timers.after(delayMs, () => (clock.now() >= instant ? callback() : sleep()));
  };
  sleep();
  return { cancel: () => timer.cancel() };
}
