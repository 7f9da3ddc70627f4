/** Time that stands still until a test moves it. */
import { type Clock, createClock } from "../../src/clock.ts";
import type { Instant } from "../../src/domain/license.ts";
import type { Timers } from "../../src/snapshot/timers.ts";

/** A clock and timers that a test moves. */
export interface FakeTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Lets time pass: timers that fall due fire in order, and what they start comes to rest. */
  pass(ms: number): Promise<void>;
  /** Sets the clock alone, as an administrator or a suspended machine does; no timer takes notice. */
  jump(ms: number): void;
  /** Delays of the timers that are set, ascending, in ms from now. */
  delays(): readonly number[];
}

interface FakeTimer {
  readonly dueAtMs: number;
  readonly callback: () => void;
}

/** Makes a time that starts at `start`. */
export function createFakeTime(start: Instant): FakeTime {
  let elapsedMs = 0;
  let jumpedMs = 0;
  const timers = new Set<FakeTimer>();
  const next = (untilMs: number) =>
    [...timers].filter(({ dueAtMs }) => dueAtMs <= untilMs).sort((a, b) => a.dueAtMs - b.dueAtMs)[0];
  return {
    clock: createClock(() => start + elapsedMs + jumpedMs),
    timers: {
      after(delayMs, callback) {
        const timer = { dueAtMs: elapsedMs + delayMs, callback };
        timers.add(timer);
        return { cancel: () => void timers.delete(timer) };
      },
    },
    async pass(ms) {
      const untilMs = elapsedMs + ms;
      for (let timer = next(untilMs); timer !== undefined; timer = next(untilMs)) {
        elapsedMs = timer.dueAtMs;
        timers.delete(timer);
        timer.callback();
        await settled();
      }
      elapsedMs = untilMs;
    },
    jump(ms) {
      jumpedMs += ms;
    },
    delays: () => [...timers].map(({ dueAtMs }) => dueAtMs - elapsedMs).sort((a, b) => a - b),
  };
}

/** Resolves once promises that need no I/O have come to rest; signatures are checked on other threads. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
