import { ServiceError } from "../../errors.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What one party may do at once and in a second. */
export interface UsageLimits {
  readonly callsPerSecond: number;
  /** Calls that run at once, streams aside. */
  readonly callsAtOnce: number;
  /** Streams that are open at once. */
  readonly watchesAtOnce: number;
}

/** Calls of so many seconds may come at once after a pause. */
export const BURST_SECONDS = 2;

/** What one party has begun and not ended. */
export class Usage {
  /** Connections that carry its calls; counted by them. */
  connections = 0;
  readonly #limits: UsageLimits;
  readonly #starts: TokenBucket;
  #calls = 0;
  #watches = 0;

  constructor(limits: UsageLimits, nowMs: number) {
    this.#limits = limits;
    const { callsPerSecond } = limits;
    this.#starts = new TokenBucket(callsPerSecond, callsPerSecond * BURST_SECONDS, nowMs);
  }

  /**
   * Counts a call that begins. What was counted is to be ended with {@link end}, once.
   *
   * @throws ServiceError RATE_EXCEEDED, TOO_MANY_CALLS; then there is nothing to end.
   */
  begin(isStream: boolean, nowMs: number): void {
    const { callsPerSecond, callsAtOnce, watchesAtOnce } = this.#limits;
    const retryAfterMs = this.#starts.take(nowMs);
    if (retryAfterMs > 0) throw rateExceeded(callsPerSecond, retryAfterMs);
    if (isStream) {
      if (this.#watches >= watchesAtOnce) throw tooMany("watches", watchesAtOnce);
      this.#watches++;
    } else {
      if (this.#calls >= callsAtOnce) throw tooMany("calls", callsAtOnce);
      this.#calls++;
    }
  }

  /** A call that was counted has ended. */
  end(isStream: boolean): void {
    if (isStream) this.#watches--;
    else this.#calls--;
  }

  /** Nothing would be lost with it. */
  isIdle(nowMs: number): boolean {
    return this.#calls + this.#watches + this.connections === 0 && this.#starts.isFull(nowMs);
  }
}

/** The refusal of a call that comes too early. */
export function rateExceeded(callsPerSecond: number, retryAfterMs: number): ServiceError {
  return new ServiceError(
    "RATE_EXCEEDED",
    `Calls come faster than the ${callsPerSecond} a second that one caller may begin; this one was not begun. Ask again later, and less often.`,
    { retryAfterMs, metadata: { calls_per_second: String(callsPerSecond) } },
  );
}

function tooMany(what: "calls" | "watches", most: number): ServiceError {
  return new ServiceError(
    "TOO_MANY_CALLS",
    `One caller may have ${most} ${what} open at once, and has. End some before beginning more.`,
    { metadata: { [`${what}_at_once`]: String(most) } },
  );
}
