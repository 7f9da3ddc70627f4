/** A gRPC server that answers what a test says: for what no real server does on request, such as falling silent. */
import {
  type handleServerStreamingCall,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import {
  type LicenseServiceServer,
  LicenseServiceService,
  type WatchLicenseCapabilitiesRequest,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import type { ExecutionContext } from "ava";

/** A stream of a watch, from the server's side. */
export type WatchCall = ServerWritableStream<
  WatchLicenseCapabilitiesRequest,
  WatchLicenseCapabilitiesResponse
>;

/** Answers of unary methods by name. */
export type Answers = { readonly [Method in keyof LicenseServiceServer]?: (request: unknown) => unknown };

/**
 * Starts the server on a free port; it ends with the test. Answers its address.
 *
 * @param credentials Default: plaintext.
 */
export async function startScriptedServer(
  t: ExecutionContext,
  answers: Answers,
  onWatch?: (call: WatchCall, attempt: number) => void,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<string> {
  const server = new Server();
  const implementation: Record<string, unknown> = {};
  for (const name of Object.keys(LicenseServiceService)) {
    implementation[name] = unary(Reflect.get(answers, name));
  }
  let attempt = 0;
  const watch: handleServerStreamingCall<
    WatchLicenseCapabilitiesRequest,
    WatchLicenseCapabilitiesResponse
  > = (call) => {
    onWatch?.(call, attempt);
    attempt += 1;
  };
  implementation["watchLicenseCapabilities"] = watch;
  server.addService(LicenseServiceService, implementation as unknown as LicenseServiceServer);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  t.teardown(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function unary(answer: ((request: unknown) => unknown) | undefined) {
  return (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>): void => {
    if (answer === undefined) callback({ code: status.UNIMPLEMENTED, details: "not scripted" });
    else callback(null, answer(call.request));
  };
}
