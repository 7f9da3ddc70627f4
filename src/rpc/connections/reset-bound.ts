import type { ServerOptions } from "node:http2";
import type { Server } from "@grpc/grpc-js";

/**
 * Calls of one connection that its client may reset: so many at once, and so many in each second after that.
 * A call that is begun and reset costs its sender next to nothing, and the server all of it.
 */
const RESETS: Pick<ServerOptions, "streamResetBurst" | "streamResetRate"> = {
  streamResetBurst: 50,
  streamResetRate: 50,
};

/**
 * Bounds the resets of each connection where they arrive, in Node's HTTP/2: what is begun beyond the bound is
 * not even handed over, and the connection ends. grpc-js has no option for it; its own HTTP/2 options take it
 * (docs/adr/0007-tls-and-limits.md).
 *
 * @param server without any connection injector yet.
 * @throws Error if grpc-js keeps its HTTP/2 options elsewhere by now.
 */
export function boundResets(server: Server): void {
  const { commonServerOptions } = server as unknown as { commonServerOptions?: ServerOptions };
  if (commonServerOptions === undefined) {
    throw new Error("grpc-js does not name its HTTP/2 options any more: resets of calls would be unbounded");
  }
  Object.assign(commonServerOptions, RESETS);
}
