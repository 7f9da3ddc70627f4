import type { Server } from "@grpc/grpc-js";

/** What grpc-js keeps of a registered RPC. */
interface Registered {
  readonly func: () => never;
  readonly serialize: (message: unknown) => Buffer;
  readonly deserialize: (bytes: Buffer) => unknown;
  readonly type: "unary";
  readonly path: string;
}

/**
 * Lets the guard answer calls of unknown RPCs. grpc-js answers them itself, before any interceptor: no
 * identity asked for, no reason given, nothing logged. It offers no way to register for them, so the
 * map in which it looks up paths is replaced by one that finds something for every path.
 *
 * Should a later grpc-js keep its handlers elsewhere, its own plain UNIMPLEMENTED comes back, and a
 * test fails.
 */
export function answerUnknownRpcs(server: Server): void {
  const handlers: unknown = Reflect.get(server, "handlers");
  if (!(handlers instanceof Map)) return;
  const { get } = Map.prototype;
  handlers.get = (path: string): unknown => get.call(handlers, path) ?? unknownRpc(path);
}

function unknownRpc(path: string): Registered {
  return { func: unreachable, serialize: unreachable, deserialize: (bytes) => bytes, type: "unary", path };
}

/** The guard ends the call by its metadata: its path is in no table of access. */
function unreachable(): never {
  throw new Error("an RPC that is not registered was admitted");
}
