/** Calls one server as its admin, from this process. */
import { credentials, Metadata } from "@grpc/grpc-js";
import {
  type GetLicenseCapabilitiesResponse,
  LicenseServiceClient,
  type UploadLicenseResponse,
  type WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { RpcStream } from "../../helpers/rpc-stream.ts";
import type { BenchServer } from "./platform.ts";

/** The calls that benches make themselves. */
export interface Admin {
  upload(signedBytes: string): Promise<UploadLicenseResponse>;
  capabilities(): Promise<GetLicenseCapabilitiesResponse>;
  watch(): RpcStream<WatchLicenseCapabilitiesResponse>;
}

/**
 * A client of the server; it is closed with the bench.
 *
 * @param authority PEM of the certificate to trust. Default: plaintext.
 */
export function adminOf(t: Teardown, { address, adminToken }: BenchServer, authority?: string): Admin {
  const channel =
    authority === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(authority));
  // The certificate names both, and a name is what TLS can ask for.
  const client = new LicenseServiceClient(address, channel, { "grpc.ssl_target_name_override": "localhost" });
  t.teardown(() => client.close());
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${adminToken}`);
  const answered = <T>(call: (done: (error: Error | null, answer: T) => void) => void) =>
    new Promise<T>((resolve, reject) => {
      call((error, answer) => (error === null ? resolve(answer) : reject(error)));
    });
  return {
    upload: (signedBytes) =>
      answered((done) =>
        client.uploadLicense({ package: Buffer.from(signedBytes), validateOnly: false }, metadata, done),
      ),
    capabilities: () => answered((done) => client.getLicenseCapabilities({}, metadata, done)),
    watch() {
      const stream = new RpcStream(client.watchLicenseCapabilities({ includeUsage: false }, metadata));
      t.teardown(() => stream.cancel());
      return stream;
    },
  };
}
