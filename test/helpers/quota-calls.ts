/** Calls of license.v1.QuotaService, as a client of the contract makes them. */
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { QuotaServiceService } from "@license-service/contract";
import { readRpcError } from "./rpc-error.ts";
import type { Teardown } from "./rpc-service.ts";

type Methods = typeof QuotaServiceService;
type Name = keyof Methods;
type RequestOf<N extends Name> = ReturnType<Methods[N]["requestDeserialize"]>;
type ResponseOf<N extends Name> = ReturnType<Methods[N]["responseDeserialize"]>;

/** Calls an RPC; what the request does not name has its default. Rejects with what `readRpcError` reads. */
export type QuotaCall = <N extends Name>(
  name: N,
  request?: Partial<RequestOf<N>>,
  token?: string,
) => Promise<ResponseOf<N>>;

/** A client of the service at an address, by a token unless a call names another. */
export function createQuotaCall(t: Teardown, address: string, usualToken: string): QuotaCall {
  // Without its own pool, clients in one process would share one connection.
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  t.teardown(() => client.close());
  return <N extends Name>(name: N, request: Partial<RequestOf<N>> = {}, token = usualToken) => {
    const method = QuotaServiceService[name];
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${token}`);
    const defaults = method.requestDeserialize(Buffer.alloc(0));
    const bytes = method.requestSerialize({ ...defaults, ...request } as never);
    return new Promise<ResponseOf<N>>((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        () => bytes,
        (answer: Buffer) => method.responseDeserialize(answer) as ResponseOf<N>,
        request,
        metadata,
        { deadline: Date.now() + 20_000 },
        (error, response) => (response === undefined ? reject(readRpcError(error)) : resolve(response)),
      );
    });
  };
}
