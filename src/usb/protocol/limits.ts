import { performance } from "node:perf_hooks";

/** How long a device may take (threat 25). */
export interface ExchangeLimits {
  /** One transfer, ms. Default: 1,000. */
  readonly transferMs: number;
  /** A whole exchange, ms, so that a device that is slow at each transfer ends too. Default: 5,000. */
  readonly exchangeMs: number;
  /** An exchange that carries a blob, ms. Default: 10,000. */
  readonly blobMs: number;
  /** Clock of the deadlines, ms; nobody sets it. Default: `performance.now`. */
  readonly monotonicMs: () => number;
}

/** Defaults of {@link ExchangeLimits}. */
export const DEFAULT_EXCHANGE_LIMITS: ExchangeLimits = {
  transferMs: 1_000,
  exchangeMs: 5_000,
  blobMs: 10_000,
  monotonicMs: () => performance.now(),
};
