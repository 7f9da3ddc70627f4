/**
 * The peer of GetLicenseCapabilities: the least that grpc-js can do. No identity, no log, no metrics, no
 * interceptor; the handler answers bytes that it was given.
 */
import { Server, ServerCredentials, type UntypedHandleCall } from "@grpc/grpc-js";
import { LicenseServiceService } from "@license-service/contract";

/** What the parent sends, once. */
export interface UnaryServerOrder {
  /** The answer, base64. */
  readonly answer: string;
  /** Certificate and key, PEM. Default: plaintext. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** What the server reports, once it serves. */
export interface UnaryServerReport {
  readonly port: number;
}

process.once("message", ({ answer, tls }: UnaryServerOrder) => {
  const bytes = Buffer.from(answer, "base64");
  // Without channelz, as our server: with it the peer would be slower.
  const server = new Server({ "grpc.enable_channelz": 0 });
  const method = { ...LicenseServiceService.getLicenseCapabilities, responseSerialize: (it: Buffer) => it };
  const handler: UntypedHandleCall = (_call: unknown, callback: (error: null, value: Buffer) => void) =>
    callback(null, bytes);
  server.addService({ getLicenseCapabilities: method }, { getLicenseCapabilities: handler });
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(tls.certificate), private_key: Buffer.from(tls.key) },
        ]);
  server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
    if (error !== null) throw error;
    process.send?.({ port } satisfies UnaryServerReport);
  });
});
process.once("disconnect", () => process.exit());
