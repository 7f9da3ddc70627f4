/** One call to come. */
export interface Timer {
  /** Takes the call back. Does nothing once the call was made. */
  cancel(): void;
}

/** Where delays come from, so that tests run at any instant without waiting. */
export interface Timers {
  /** Calls back once, `delayMs` milliseconds from now; at most {@link LONGEST_DELAY_MS}. */
  after(delayMs: number, callback: () => void): Timer;
}

/** Longest delay of one timer: Node takes anything above 2^31 - 1 ms as 1 ms. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The timers of the process. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};
