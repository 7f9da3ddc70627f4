import type { DeviceProblem } from "../../domain/usb/sights.ts";
import type { AgentTiming } from "./agent-timing.ts";

/** Tries that must fail in a row before it counts. */
const TRIES = 3;

/** The failures of one device in a row: whether they count yet, and when it is tried again. */
export class Failures {
  readonly #timing: AgentTiming;
  #firstMs = 0;
  #count = 0;
  /** Those since they count. */
  #counting = 0;

  constructor(timing: AgentTiming) {
    this.#timing = timing;
  }

  /** One more, at `nowMs`. */
  add(nowMs: number): void {
    if (this.#count === 0) this.#firstMs = nowMs;
    this.#count += 1;
    const hasLasted = nowMs - this.#firstMs >= this.#timing.failingMs;
    if (this.#counting > 0 || (hasLasted && this.#count >= TRIES)) this.#counting += 1;
  }

  /** The device was looked at as it should be. */
  reset(): void {
    this.#count = 0;
    this.#counting = 0;
  }

  /** They are no passing moment. Once they are, they stay so until the device can be looked at. */
  get doCount(): boolean {
    return this.#counting > 0;
  }

  /** Time from the last failure to the next try, ms. */
  delayMs(problem: DeviceProblem): number {
    const { retryMs, permissionRetryMs, longestRetryMs } = this.#timing;
    if (!this.doCount) return retryMs;
    if (problem === "NO_PERMISSION") return permissionRetryMs;
    return Math.min(retryMs * 2 ** (this.#counting - 1), longestRetryMs);
  }
}
