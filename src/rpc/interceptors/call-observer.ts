import type { Metadata, status } from "@grpc/grpc-js";
import type { ErrorReasonName } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";

/** A call as an observer sees it; the same object from its beginning to its end. */
export interface ObservedCall {
  /** Path as the caller sent it; see `roles.ts` for those that exist. */
  readonly path: string;
  readonly isStream: boolean;
  /** By `performance.now()`. */
  readonly startedAtMs: number;
  readonly requestId: string;
  /** Who calls; `undefined`: not known (yet), or the RPC is open to anybody. */
  readonly identity: Identity | undefined;
}

/** Told of every call, for metrics and traces. Its methods are quick and never throw. */
export interface CallObserver {
  /** A call arrived; its identity is not checked yet. */
  began?(call: ObservedCall, metadata: Metadata): void;
  /** It has ended, by whomever. `reason` is that of our own errors. */
  ended(call: ObservedCall, code: status, reason: ErrorReasonName | undefined): void;
}
