/** Calls of one unary service of the contract, as a client of it makes them. */
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { readRpcError } from "./rpc-error.ts";
import type { Teardown } from "./rpc-service.ts";

interface UnaryMethod {
  readonly path: string;
  readonly requestSerialize: (request: never) => Buffer;
  readonly requestDeserialize: (bytes: Buffer) => object;
  readonly responseDeserialize: (bytes: Buffer) => object;
}

type RequestOf<Method extends UnaryMethod> = ReturnType<Method["requestDeserialize"]>;
type ResponseOf<Method extends UnaryMethod> = ReturnType<Method["responseDeserialize"]>;

/** Calls an RPC; what the request does not name has its default. Rejects with what `readRpcError` reads. */
export type ServiceCall<Methods extends Record<keyof Methods, UnaryMethod>> = <N extends keyof Methods>(
  name: N,
  request?: Partial<RequestOf<Methods[N]>>,
  token?: string,
) => Promise<ResponseOf<Methods[N]>>;

/** A client of a service at an address, by a token unless a call names another. */
export function createServiceCall<Methods extends Record<keyof Methods, UnaryMethod>>(
  t: Teardown,
  methods: Methods,
  address: string,
  usualToken: string,
): ServiceCall<Methods> {
  // Without its own pool, clients in one process would share one connection.
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  t.teardown(() => client.close());
  return <N extends keyof Methods>(
    name: N,
    request: Partial<RequestOf<Methods[N]>> = {},
    token = usualToken,
  ) => {
    const method: UnaryMethod = methods[name];
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    const defaults = method.requestDeserialize(Buffer.alloc(0));
    const bytes = method.requestSerialize({ ...defaults, ...request } as never);
    return new Promise<ResponseOf<Methods[N]>>((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        () => bytes,
        (answer: Buffer) => method.responseDeserialize(answer) as ResponseOf<Methods[N]>,
        request,
        metadata,
        { deadline: Date.now() + 20_000 },
        (error, response) => (response === undefined ? reject(readRpcError(error)) : resolve(response)),
      );
    });
  };
}
