/**
 * How an RPC is written here: a plain function from request and context to a response, which throws
 * `ServiceError`s. The adapters below turn it into what grpc-js calls, and errors into statuses.
 */
import type { handleServerStreamingCall, handleUnaryCall } from "@grpc/grpc-js";
import type { Instant } from "../domain/license.ts";
import type { Identity } from "../identity/identity.ts";
import type { Logger } from "../log.ts";
import type { EncodedMessage } from "./encoded-message.ts";

/** What a handler knows of the call beside its request. */
export interface RpcContext {
  /** Who calls. Its role was checked before the request was read. */
  readonly identity: Identity;
  /** Names the call in logs and errors. */
  readonly requestId: string;
  /** Writes lines that carry the request id. */
  readonly log: Logger;
  /**
   * Aborts when the answer is no longer wanted: the caller went away or its deadline passed; for a
   * stream also when the server stops or the caller's token was revoked. Made on first use.
   */
  readonly signal: AbortSignal;
  /** When the caller stops waiting; `undefined`: it named no deadline. */
  readonly deadline: Instant | undefined;
}

/**
 * Answers one request with one response. Throws `ServiceError` to refuse. May answer without a
 * promise, and with bytes that are encoded already.
 */
export type UnaryHandler<Request, Response> = (
  request: Request,
  context: RpcContext,
) => Response | EncodedMessage<Response> | Promise<Response | EncodedMessage<Response>>;

/** The sending side of a stream, with the caller's pace made visible. */
export interface ResponseStream<Response> {
  /**
   * Sends one message. `false`: the caller does not keep up; send nothing more until `drained()`
   * resolves, because grpc-js queues without bound. After the stream's end it does nothing.
   */
  send(message: Response | EncodedMessage<Response>): boolean;
  /** Resolves when there is room again, or when the context's signal has aborted. */
  drained(): Promise<void>;
}

/**
 * Answers one request with a stream: OK when the promise resolves, an error when it rejects. It must
 * settle soon after `context.signal` aborts; the status is then that of the signal's reason.
 */
export type StreamHandler<Request, Response> = (
  request: Request,
  context: RpcContext,
  stream: ResponseStream<Response>,
) => Promise<void>;

/** A unary handler as grpc-js calls it. */
export type GrpcUnaryHandler<Request, Response> = handleUnaryCall<
  Request,
  Response | EncodedMessage<Response>
>;

/** A streaming handler as grpc-js calls it. */
export type GrpcStreamHandler<Request, Response> = handleServerStreamingCall<
  Request,
  Response | EncodedMessage<Response>
>;
