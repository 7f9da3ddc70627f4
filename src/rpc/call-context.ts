import type { Metadata } from "@grpc/grpc-js";
import type { Instant } from "../domain/license.ts";
import type { Identity } from "../identity/identity.ts";
import type { Logger } from "../log.ts";
import type { RpcContext } from "./handler.ts";

/** What a context is made from; see {@link RpcContext}. */
export interface CallParts {
  readonly identity: Identity;
  readonly requestId: string;
  readonly log: Logger;
  readonly deadline: Instant | undefined;
}

/**
 * The context of one call. Its signal and its log are made when a handler asks for them: most
 * answers come from memory and need neither.
 */
export class CallContext implements RpcContext {
  readonly identity: Identity;
  readonly requestId: string;
  readonly deadline: Instant | undefined;
  readonly #log: Logger;
  #ownLog: Logger | undefined;
  #controller: AbortController | undefined;
  #hasEnded = false;
  #endReason: unknown;

  constructor(parts: CallParts) {
    this.identity = parts.identity;
    this.requestId = parts.requestId;
    this.deadline = parts.deadline;
    this.#log = parts.log;
  }

  get log(): Logger {
    this.#ownLog ??= this.#log.child({ requestId: this.requestId });
    return this.#ownLog;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#hasEnded) this.#controller.abort(this.#endReason);
    }
    return this.#controller.signal;
  }

  /** Marks the call as over, whoever ended it; `reason` becomes that of the signal. */
  end(reason: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#endReason = reason;
    this.#controller?.abort(reason);
  }
}

/*
 * grpc-js hands a handler the very metadata object that the interceptor passed on, and nothing else of
 * it. A property of that object carries the context; a WeakMap beside it cost a quarter of the
 * throughput in garbage collection.
 */
const CONTEXT = Symbol("context");

interface Carrier extends Metadata {
  [CONTEXT]?: CallContext;
}

/** Leaves the context where the handler of the call finds it. */
export function keepContext(metadata: Carrier, context: CallContext): void {
  metadata[CONTEXT] = context;
}

/** The context of the call with this metadata. */
export function contextOf(metadata: Carrier): CallContext {
  const context = metadata[CONTEXT];
  if (context === undefined) throw new Error("an RPC was called around the guard");
  return context;
}
