import { getCACertificates } from "node:tls";
import { type ChannelCredentials, type ChannelOptions, credentials } from "@grpc/grpc-js";
import type { TlsTransport, Transport } from "./transport.ts";

/** The transport as grpc-js takes it. */
export function channelOf(transport: Transport): {
  credentials: ChannelCredentials;
  options: ChannelOptions;
} {
  if (transport.kind === "plaintext") return { credentials: credentials.createInsecure(), options: {} };
  const { client, serverName } = transport;
  return {
    credentials: credentials.createSsl(
      authoritiesOf(transport),
      client?.key ?? null,
      client?.certificate ?? null,
    ),
    options: serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName },
  };
}

/** Those of the system; where it has none, those that Node.js brings (`null`). */
function authoritiesOf({ authorities }: TlsTransport): Buffer | null {
  if (authorities !== undefined) return authorities.pem;
  const system = getCACertificates("system");
  return system.length === 0 ? null : Buffer.from(system.join("\n"));
}
