/** When the agent looks, ms. */
export interface AgentTiming {
  /** From the first listing to the end of settling: after a boot devices may still be enumerated. Default: 2,000. */
  readonly settleMs: number;
  /**
   * From the first listing, longest that the first scan waits for the devices to be read: a key that is still
   * read is not absent, and another beside it not alone. Default: 10,000.
   */
  readonly firstReadMs: number;
  /** Between two listings until the first scan is complete. Default: 1,000. */
  readonly settleStepMs: number;
  /** Between two listings: not every host tells of its ports. Default: 5,000. */
  readonly pollMs: number;
  /** From an event to the listing, so that a burst of events is one. Default: 100. */
  readonly burstMs: number;
  /** Between two listings on a host without USB support. Default: 60,000. */
  readonly withoutUsbMs: number;
  /** Longest wait for a listing, for a device to open or close. Default: 5,000. */
  readonly patienceMs: number;
  /** Longest wait for a whole exchange, whatever its own deadlines come to. Default: 25,000. */
  readonly exchangeMs: number;
  /** Between two presence proofs, at most; up to a tenth less. Default: 60,000. */
  readonly proofMs: number;
  /** From a failure to the next try; doubles once it counts. Default: 1,000. */
  readonly retryMs: number;
  /** A failure counts once it lasted this long over three tries: a busy moment is no removal. Default: 1,500. */
  readonly failingMs: number;
  /** Longest time to the next try. Default: 60,000. */
  readonly longestRetryMs: number;
  /** To the next try where only the permission is missing: an operator is about to give it. Default: 10,000. */
  readonly permissionRetryMs: number;
  /** How long a key that is gone stays in the report. Default: 60,000. */
  readonly goneMs: number;
}

/** Defaults of {@link AgentTiming}. */
export const DEFAULT_AGENT_TIMING: AgentTiming = {
  settleMs: 2_000,
  firstReadMs: 10_000,
  settleStepMs: 1_000,
  pollMs: 5_000,
  burstMs: 100,
  withoutUsbMs: 60_000,
  patienceMs: 5_000,
  exchangeMs: 25_000,
  proofMs: 60_000,
  retryMs: 1_000,
  failingMs: 1_500,
  longestRetryMs: 60_000,
  permissionRetryMs: 10_000,
  goneMs: 60_000,
};
