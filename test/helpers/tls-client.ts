/** A gRPC client over TLS, for tests that call by path and bytes. */
import { Client, credentials } from "@grpc/grpc-js";
import type { TestCertificate } from "./certificates.ts";
import type { Teardown } from "./rpc-service.ts";

/** Makes a client that trusts `authority` alone, and shows `certificate` if there is one. */
export function tlsClient(
  t: Teardown,
  address: string,
  authority: Pick<TestCertificate, "certificate">,
  certificate?: TestCertificate,
): Client {
  const channel = credentials.createSsl(
    Buffer.from(authority.certificate),
    certificate && Buffer.from(certificate.key),
    certificate && Buffer.from(certificate.certificate),
  );
  // Clients of one process share connections: each of these has its own.
  const client = new Client(address, channel, {
    "grpc.use_local_subchannel_pool": 1,
    // The name in the server's certificate, whatever the address.
    "grpc.ssl_target_name_override": "localhost",
  });
  t.teardown(() => client.close());
  return client;
}
