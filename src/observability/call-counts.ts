import { status } from "@grpc/grpc-js";
import type { ErrorReasonName } from "../errors.ts";
import type { CallObserver, ObservedCall } from "../rpc/interceptors/call-observer.ts";
import { RefusalCounts } from "./refusal-counts.ts";
import type { RpcLabels } from "./rpc-labels.ts";

/** Upper bounds of the buckets of durations, in seconds: from an answer from memory to a hanging database. */
export const DURATION_BOUNDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

/** One bucket for each bound, and one for what is longer than all. */
const BUCKETS = DURATION_BOUNDS.length + 1;

/** gRPC has the codes 0 to 16. */
const CODES = 17;

const WATCH = "/license.v1.LicenseService/WatchLicenseCapabilities";

/** Durations of the unary calls of one RPC. */
export interface Durations {
  /** How many calls took longer than the bound before and at most this one; last, longer than all bounds. */
  readonly counts: Float64Array;
  readonly sumSeconds: number;
}

/**
 * Counts calls in plain arrays, which are read when metrics are asked for: labelled counters and
 * histograms of prom-client cost some twenty times as much per call (docs/metrics.md).
 */
export class CallCounts implements CallObserver {
  readonly rpcs: RpcLabels;
  readonly refusals = new RefusalCounts();
  readonly #ended: Float64Array;
  readonly #took: Float64Array;
  readonly #sums: Float64Array;
  readonly #watch: number;
  #openWatches = 0;

  constructor(rpcs: RpcLabels) {
    const count = rpcs.labels.length;
    this.rpcs = rpcs;
    this.#ended = new Float64Array(count * CODES);
    this.#took = new Float64Array(count * BUCKETS);
    this.#sums = new Float64Array(count);
    this.#watch = rpcs.indexOf(WATCH);
  }

  began({ isStream, path }: ObservedCall): void {
    if (isStream && this.rpcs.indexOf(path) === this.#watch) this.#openWatches++;
  }

  ended(call: ObservedCall, code: status, reason: ErrorReasonName | undefined): void {
    const rpc = this.rpcs.indexOf(call.path);
    add(this.#ended, rpc * CODES + (code < CODES ? code : status.UNKNOWN), 1);
    if (!call.isStream) this.#time(rpc, (performance.now() - call.startedAtMs) / 1000);
    else if (rpc === this.#watch) this.#openWatches--;
    if (reason !== undefined) this.refusals.add(call.path, reason);
  }

  /** How many calls of an RPC have ended with a code. @param rpc index of its label */
  endedWith(rpc: number, code: status): number {
    return this.#ended[rpc * CODES + code] ?? 0;
  }

  /** How long the unary calls of an RPC took. @param rpc index of its label */
  durations(rpc: number): Durations {
    const counts = this.#took.subarray(rpc * BUCKETS, (rpc + 1) * BUCKETS);
    return { counts, sumSeconds: this.#sums[rpc] ?? 0 };
  }

  /** How many watches of capabilities are open. */
  get openWatches(): number {
    return this.#openWatches;
  }

  #time(rpc: number, seconds: number): void {
    let bucket = 0;
    while (bucket < BUCKETS - 1 && seconds > (DURATION_BOUNDS[bucket] ?? 0)) bucket++;
    add(this.#took, rpc * BUCKETS + bucket, 1);
    add(this.#sums, rpc, seconds);
  }
}

function add(cells: Float64Array, index: number, amount: number): void {
  cells[index] = (cells[index] ?? 0) + amount;
}
