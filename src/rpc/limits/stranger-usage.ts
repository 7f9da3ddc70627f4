import type { ServiceError } from "../../errors.ts";
import { TokenBucket } from "./token-bucket.ts";
import { BURST_SECONDS, rateExceeded, Usage, type UsageLimits } from "./usage.ts";

/** What one remote address may do of that which needs no identity: health checks, many balancers' included. */
export const OPEN_LIMITS: UsageLimits = { callsPerSecond: 200, callsAtOnce: 1000, watchesAtOnce: 1000 };

/** So many calls a second of one remote address are told what is wrong with their identity. */
export const REFUSALS_PER_SECOND = 200;

/** What one remote address does without an identity. */
export class StrangerUsage {
  /** Calls of RPCs that are open to anybody. */
  readonly open: Usage;
  /** Connections that have not made an admitted call yet; counted by them. */
  unidentified = 0;
  /** Apart from the open ones: a host with a wrong token must not take its neighbors' health checks away. */
  readonly #refusals: TokenBucket;

  constructor(nowMs: number) {
    this.open = new Usage(OPEN_LIMITS, nowMs);
    this.#refusals = new TokenBucket(REFUSALS_PER_SECOND, REFUSALS_PER_SECOND * BURST_SECONDS, nowMs);
  }

  /** Counts a call that is refused for its identity. Answers RATE_EXCEEDED if there were too many of them. */
  refused(nowMs: number): ServiceError | undefined {
    const retryAfterMs = this.#refusals.take(nowMs);
    return retryAfterMs === 0 ? undefined : rateExceeded(REFUSALS_PER_SECOND, retryAfterMs);
  }

  /** Nothing would be lost with it. */
  isIdle(nowMs: number): boolean {
    return this.unidentified === 0 && this.open.isIdle(nowMs) && this.#refusals.isFull(nowMs);
  }
}
