import type { PackageReading } from "../../license-file/read-package.ts";
import type { Logger } from "../../log.ts";
import type { Timers } from "../../snapshot/timers.ts";
import type { ExchangeLimits } from "../protocol/limits.ts";
import type { AgentTiming } from "./agent-timing.ts";
import type { ProofCounters } from "./proof-counters.ts";
import type { SeenDevice } from "./report.ts";

/** What the readers of all devices share. */
export interface ReaderContext {
  /** RFC 7638 thumbprint of the platform key, base64url. */
  readonly platformThumbprint: string;
  /** UUID. */
  readonly nodeId: string;
  /** Keys that sign nothing count, with the public key that they declare. */
  readonly keysWithoutProof: boolean;
  /** Verifies what lies on a key. */
  readonly verify: (blob: Uint8Array) => Promise<PackageReading>;
  /** Makes 32 bytes that were never used before. */
  readonly nonce: () => Uint8Array;
  /** From 0 up to 1: so that the proofs of many keys do not stay in step. */
  readonly random: () => number;
  readonly counters: ProofCounters;
  readonly limits: ExchangeLimits;
  readonly timing: AgentTiming;
  readonly timers: Timers;
  readonly monotonicMs: () => number;
  readonly log: Logger;
  /** Nothing can be said of devices: the ports cannot be read. */
  readonly isBlind: () => boolean;
  /** What a reader knows may have changed. */
  readonly onChange: () => void;
  /** A device says that it is not there any more. */
  readonly onGone: () => void;
  /** Another key has taken the place of one within the same stay. */
  readonly onReplaced: (device: SeenDevice) => void;
}
