import type { ClientReadableStream } from "@grpc/grpc-js";
import { type RpcError, readRpcError } from "./rpc-error.ts";

/** A stream of answers that a test awaits one by one. */
export class RpcStream<Message> {
  readonly #call: ClientReadableStream<Message>;
  readonly #arrived: Message[] = [];
  readonly #ended: Promise<RpcError>;
  #wake: () => void = () => undefined;

  constructor(call: ClientReadableStream<Message>) {
    this.#call = call;
    call.on("data", (message: Message) => {
      this.#arrived.push(message);
      this.#wake();
    });
    this.#ended = new Promise((resolve) => {
      call.on("error", (error) => resolve(readRpcError(error as never) as RpcError));
    });
  }

  /** Resolves with the first message from now on that `isWanted`; those before it are passed over. */
  async next(isWanted: (message: Message) => boolean = () => true): Promise<Message> {
    for (;;) {
      const message = this.#arrived.shift();
      if (message !== undefined && isWanted(message)) return message;
      if (message !== undefined) continue;
      const arrival = Promise.withResolvers<void>();
      this.#wake = arrival.resolve;
      await arrival.promise;
    }
  }

  /** Resolves with the error that ends the stream. */
  ended(): Promise<RpcError> {
    return this.#ended;
  }

  /** Stops and goes on with reading: a reader who does not keep up. */
  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  cancel(): void {
    this.#call.cancel();
  }
}
