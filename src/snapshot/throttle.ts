import type { Clock } from "../clock.ts";
import type { Instant } from "../domain/license.ts";
import type { Timer, Timers } from "./timers.ts";

/** What a {@link Throttle} works with. */
export interface ThrottleOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Least time between two works, in ms. */
  readonly restMs: number;
}

/**
 * Does work when it is asked for: at once after a rest, and else when the rest is over, once for all who asked
 * meanwhile. Nothing runs while nobody asks.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #work: () => void;
  #restsUntil: Instant = Number.NEGATIVE_INFINITY;
  #waiting: Timer | undefined;
  #isClosed = false;

  constructor(options: ThrottleOptions, work: () => void) {
    this.#options = options;
    this.#work = work;
  }

  /** Asks for the work. */
  ask(): void {
    if (this.#isClosed || this.#waiting !== undefined) return;
    const { clock, timers } = this.#options;
    const restMs = this.#restsUntil - clock.now();
    if (restMs > 0) this.#waiting = timers.after(restMs, () => this.#do());
    else this.#do();
  }

  /** Begins a rest: what was asked for so far was done otherwise. */
  rest(): void {
    this.#waiting?.cancel();
    this.#waiting = undefined;
    this.#restsUntil = this.#options.clock.now() + this.#options.restMs;
  }

  /** Nothing is done any more. */
  close(): void {
    this.#isClosed = true;
    this.#waiting?.cancel();
  }

  #do(): void {
    this.rest();
    this.#work();
  }
}
