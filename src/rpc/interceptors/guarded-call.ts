/**
 * Stands around every call, below grpc-js's own handling: checks the identity before the request is
 * read, gives the call its context, and sees the one status that ends it, whoever sends it.
 */
import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  status,
} from "@grpc/grpc-js";
import { ServiceError } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";
import { CallContext, keepContext } from "../call-context.ts";
import type { Connection } from "../connections/connection.ts";
import { EncodedMessage, writeFrames } from "../encoded-message.ts";
import type { Usage } from "../limits/usage.ts";
import { UnreadableRequest } from "../service-definition.ts";
import { statusOf } from "../status.ts";
import type { Guard } from "./guard.ts";
import { REQUEST_ID_KEY } from "./request-id.ts";

/** The listener of the layer above: grpc-js's handling of a handler. */
type Listener = Parameters<ServerInterceptingCallInterface["start"]>[0];

/** The status that ends a call. */
export type Ending = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

/** One call under guard: to grpc-js's handling of handlers the call, to the call their listener. */
export class GuardedCall extends ServerInterceptingCall implements Listener {
  readonly path: string;
  readonly isStream: boolean;
  readonly startedAtMs = performance.now();
  requestId = "";
  /** Who calls; set by the guard. */
  identity: Identity | undefined;
  /** What carries it; set by the guard. */
  connection: Connection | undefined;
  /** What it is counted in; set by the guard, and ended with the call. */
  usage: Usage | undefined;
  readonly #guard: Guard;
  readonly #call: ServerInterceptingCallInterface;
  readonly #sendStatus: ServerInterceptingCallInterface["sendStatus"];
  #listener: Listener | undefined;
  #context: CallContext | undefined;
  #hasEnded = false;

  constructor(guard: Guard, call: ServerInterceptingCallInterface, path: string, isStream: boolean) {
    super(call);
    this.#guard = guard;
    this.#call = call;
    this.path = path;
    this.isStream = isStream;
    // grpc-js ends a call itself when a message is too large or a deadline passes, below all interceptors.
    // Its own method is replaced so that those ends are seen as well (docs/adr/0005-identity.md).
    this.#sendStatus = call.sendStatus;
    call.sendStatus = (ending) => this.#end(ending);
  }

  override start(listener: Listener): void {
    this.#listener = listener;
    this.#call.start(this);
  }

  override sendMetadata(metadata: Metadata): void {
    this.#call.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    if (message instanceof EncodedMessage) writeFrames(this.#call as object);
    this.#call.sendMessage(message, callback);
  }

  override sendStatus(ending: Ending): void {
    this.#end(ending);
  }

  onReceiveMetadata(metadata: Metadata): void {
    const guard = this.#guard;
    this.requestId = guard.requestIds(textOf(metadata, REQUEST_ID_KEY));
    guard.observer.began?.(this, metadata);
    try {
      guard.admit(this, authorizationOf(metadata));
    } catch (error) {
      const known = error instanceof ServiceError ? error : guard.defect(error, this);
      this.refuse(known);
      return;
    }
    // The handlers of health and reflection ask for no context: they are open to callers without identity.
    if (this.identity !== undefined) keepContext(metadata, this.#contextFor(this.identity));
    if (this.isStream) guard.opened(this);
    this.#listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    if (message instanceof UnreadableRequest) this.refuse(message.error);
    else this.#listener?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#listener?.onReceiveHalfClose();
  }

  /** The caller went away, or the status was sent. */
  onCancel(): void {
    this.#context?.end(CALL_OVER);
    if (!this.#hasEnded) {
      this.#hasEnded = true;
      this.#guard.ended(this, CANCELLED);
    }
    this.#listener?.onCancel();
  }

  /** Ends the call with an error, whatever its handler does. */
  refuse(error: ServiceError): void {
    this.#context?.end(error);
    this.#end(statusOf(error, this.requestId));
  }

  #contextFor(identity: Identity): CallContext {
    const deadline = this.#call.getDeadline();
    const at = deadline instanceof Date ? deadline.getTime() : deadline;
    this.#context = new CallContext({
      identity,
      requestId: this.requestId,
      log: this.#guard.log,
      deadline: Number.isFinite(at) ? at : undefined,
    });
    return this.#context;
  }

  #end(ending: Ending): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const final = ending.code === status.OK ? ending : this.#guard.completed(ending, this);
    this.#guard.ended(this, final);
    this.#sendStatus.call(this.#call, final);
  }
}

const CALL_OVER = new Error("the call is over");
const CANCELLED: Ending = { code: status.CANCELLED, details: "The caller went away." };

/** Empty, which is no token, if there are several: none of them may decide. */
function authorizationOf(metadata: Metadata): string | undefined {
  const [value, another] = metadata.get("authorization");
  if (value === undefined) return undefined;
  return typeof value === "string" && another === undefined ? value : "";
}

/** The only value of a key; `undefined`: there is none, or more than one. */
function textOf(metadata: Metadata, key: string): string | undefined {
  const [value, another] = metadata.get(key);
  return typeof value === "string" && another === undefined ? value : undefined;
}
