import {
  type CallOptions,
  type Client,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ServiceError as GrpcError,
  Metadata,
} from "@grpc/grpc-js";
import {
  LicenseServiceClient,
  QuotaServiceClient,
  TokenServiceClient,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import type { Settings } from "../settings.ts";
import { channelOf } from "./credentials.ts";
import { toCliError } from "./rpc-error.ts";

/** A unary method of the generated client, in the form that takes everything. */
type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: GrpcError | null, response: Response) => void,
) => ClientUnaryCall;

/** A license service to call. Connects at the first call; must be closed. */
export interface Server {
  /**
   * Calls a unary method and waits at most the timeout.
   * @throws CliError for every failed call.
   */
  call<Request, Response>(
    pick: (client: LicenseServiceClient) => UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response>;
  /** As `call`, for the service of tokens. */
  callTokens<Request, Response>(
    pick: (client: TokenServiceClient) => UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response>;
  /** As `call`, for the service of quotas. */
  callQuotas<Request, Response>(
    pick: (client: QuotaServiceClient) => UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response>;
  /** Opens a watch; errors arrive as grpc-js errors on the stream. */
  watch(): ClientReadableStream<WatchLicenseCapabilitiesResponse>;
  close(): void;
}

// Proxies of the environment are for the web: a management network is spoken to directly. Retries
// are the caller's decision. An answer with 1000 records stays far below the cap.
const CHANNEL_OPTIONS = {
  "grpc.enable_http_proxy": 0,
  "grpc.enable_retries": 0,
  "grpc.enable_channelz": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.max_receive_message_length": 16 * 1024 * 1024,
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 15_000,
} as const;

/** A connection by settings. */
export function connect(settings: Settings): Server {
  const { address, transport } = settings;
  const channel = channelOf(transport);
  const options = { ...CHANNEL_OPTIONS, ...channel.options };
  const client = new LicenseServiceClient(address, channel.credentials, options);
  const shared = { ...options, channelOverride: client.getChannel() };
  const tokens = new TokenServiceClient(address, channel.credentials, shared);
  const quotas = new QuotaServiceClient(address, channel.credentials, shared);
  const metadata = new Metadata();
  if (settings.token !== undefined) metadata.set("authorization", `Bearer ${settings.token.value}`);
  const unary = <Request, Response>(
    owner: Client,
    method: UnaryMethod<Request, Response>,
    request: Request,
  ): Promise<Response> =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + settings.timeoutMs };
      method.call(owner, request, metadata, options, (error, response) => {
        if (error === null) resolve(response);
        else reject(toCliError(error, settings));
      });
    });
  return {
    call: (pick, request) => unary(client, pick(client), request),
    callTokens: (pick, request) => unary(tokens, pick(tokens), request),
    callQuotas: (pick, request) => unary(quotas, pick(quotas), request),
    watch: () => client.watchLicenseCapabilities({ includeUsage: false }, metadata),
    close: () => client.close(),
  };
}
