/** Calls one server by gRPC, as any client does. */
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import {
  LicenseServiceService,
  QuotaServiceService,
  RetryInfo,
  Status,
  TokenServiceService,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import { type RpcError, readRpcError } from "../../helpers/rpc-error.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";

const METHODS = { ...LicenseServiceService, ...QuotaServiceService, ...TokenServiceService };

type Methods = typeof METHODS;
/** An RPC with one answer. */
export type UnaryName = Exclude<keyof Methods, "watchLicenseCapabilities">;
/** Its request. */
export type RequestOf<Name extends UnaryName> = ReturnType<Methods[Name]["requestDeserialize"]>;
/** Its answer. */
export type ResponseOf<Name extends UnaryName> = ReturnType<Methods[Name]["responseDeserialize"]>;

/** Calls one server with one token. */
export interface Caller {
  /** Calls an RPC; what the request does not name has its default. Rejects with an {@link RpcError}. */
  call<Name extends UnaryName>(
    name: Name,
    request?: Partial<RequestOf<Name>>,
    deadlineMs?: number,
  ): Promise<ResponseOf<Name>>;
  /** Whether health says SERVING. */
  isServing(): Promise<boolean>;
  /** Opens a watch. */
  watch(): RpcStream<WatchLicenseCapabilitiesResponse>;
}

/** Opens a channel of its own; the teardown closes it. */
export function openCaller(
  t: Teardown,
  { address, token }: { readonly address: string; readonly token: string },
): Caller {
  // Without its own pool, callers in one process would share one connection.
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  t.teardown(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const unary = (path: string, bytes: Buffer, deadlineMs: number): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMs };
      client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, options, (error, answer) =>
        answer === undefined ? reject(readRpcError(error)) : resolve(answer),
      );
    });
  return {
    async call<Name extends UnaryName>(name: Name, request: object = {}, deadlineMs = 20_000) {
      const method = METHODS[name];
      const defaults = method.requestDeserialize(Buffer.alloc(0));
      const bytes = method.requestSerialize({ ...defaults, ...request } as never);
      return method.responseDeserialize(await unary(method.path, bytes, deadlineMs)) as ResponseOf<Name>;
    },
    async isServing() {
      const answer = await unary("/grpc.health.v1.Health/Check", healthRequest(), 5_000);
      return answer.equals(SERVING);
    },
    watch() {
      const { path, responseDeserialize } = METHODS.watchLicenseCapabilities;
      const call = client.makeServerStreamRequest(path, asIs, responseDeserialize, Buffer.alloc(0), metadata);
      const stream = new RpcStream<WatchLicenseCapabilitiesResponse>(call);
      t.teardown(() => stream.cancel());
      return stream;
    },
  };
}

/** The pause that an error asks for, in ms; `undefined`: it carries no RetryInfo. */
export function retryAfterMs({ cause }: RpcError): number | undefined {
  const metadata = cause instanceof Error && "metadata" in cause ? cause.metadata : undefined;
  const [bytes] = metadata instanceof Metadata ? metadata.get("grpc-status-details-bin") : [];
  const details = bytes instanceof Buffer ? Status.decode(bytes).details : [];
  const found = details.find(({ typeUrl }) => typeUrl.endsWith("/google.rpc.RetryInfo"));
  const delay = found && RetryInfo.decode(found.value).retryDelay;
  return delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000;
}

/** grpc.health.v1.HealthCheckResponse with status SERVING. */
const SERVING = Buffer.from([0x08, 0x01]);

/** grpc.health.v1.HealthCheckRequest for the license service. */
function healthRequest(): Buffer {
  const name = Buffer.from("license.v1.LicenseService");
  return Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}
