/** From handlers as they are written here to handlers as grpc-js calls them, errors turned into statuses. */
import type { ServerWritableStream, StatusObject } from "@grpc/grpc-js";
import { ServiceError } from "../errors.ts";
import { type CallContext, contextOf } from "./call-context.ts";
import type { EncodedMessage } from "./encoded-message.ts";
import type {
  GrpcStreamHandler,
  GrpcUnaryHandler,
  ResponseStream,
  StreamHandler,
  UnaryHandler,
} from "./handler.ts";
import { statusOf } from "./status.ts";

/** A unary handler for grpc-js. An answer without a promise goes out in the same turn. */
export function adaptUnary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
): GrpcUnaryHandler<Request, Response> {
  return (call, callback) => {
    const context = contextOf(call.metadata);
    const fail = (error: unknown): void => callback(failure(error, context));
    try {
      const answer = handler(call.request, context);
      if (answer instanceof Promise) answer.then((response) => callback(null, response), fail);
      else callback(null, answer);
    } catch (error) {
      fail(error);
    }
  };
}

/** A streaming handler for grpc-js. */
export function adaptStream<Request, Response>(
  handler: StreamHandler<Request, Response>,
): GrpcStreamHandler<Request, Response> {
  return (call) => {
    const context = contextOf(call.metadata);
    const end = (error: unknown): void => {
      if (call.cancelled) return;
      if (error === undefined) call.end();
      else call.emit("error", failure(error, context));
    };
    // The try block of an async function: a handler that throws before its first await rejects, too.
    const run = async (): Promise<void> =>
      handler(call.request, context, new CallStream(call, context.signal));
    run().then(() => end(undefined), end);
  };
}

/** The status of a failure, with its private half written to the log. */
function failure(error: unknown, context: CallContext): StatusObject {
  if (!(error instanceof ServiceError)) context.log.error({ err: error }, "an RPC met a defect");
  else if (error.cause !== undefined) context.log.warn({ err: error }, "an RPC was refused");
  return statusOf(error, context.requestId);
}

// One message on its way and one behind it keep the connection busy; more would only be older.
const MOST_UNFLUSHED = 2;

/** The sending side of a grpc-js stream; counts what was not flushed to the connection yet. */
class CallStream<Response> implements ResponseStream<Response> {
  readonly #call: ServerWritableStream<unknown, Response | EncodedMessage<Response>>;
  readonly #signal: AbortSignal;
  #unflushed = 0;
  #waiting: (() => void) | undefined;

  constructor(call: ServerWritableStream<unknown, Response | EncodedMessage<Response>>, signal: AbortSignal) {
    this.#call = call;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#waiting?.(), { once: true });
  }

  send(message: Response | EncodedMessage<Response>): boolean {
    if (this.#signal.aborted || this.#call.cancelled) return true;
    this.#unflushed++;
    this.#call.write(message, () => this.#flushed());
    return this.#unflushed < MOST_UNFLUSHED;
  }

  drained(): Promise<void> {
    if (this.#unflushed < MOST_UNFLUSHED || this.#signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = resolve;
    return promise;
  }

  #flushed(): void {
    this.#unflushed--;
    if (this.#unflushed < MOST_UNFLUSHED) this.#waiting?.();
  }
}
