import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { readClientCertificate } from "../../identity/client-certificate.ts";
import { outsideText } from "../../license-file/outside-text.ts";
import type { Logger } from "../../log.ts";
import type { CertificateFiles } from "../../tls/certificate-files.ts";
import type { TlsFiles } from "../../tls/tls-files.ts";
import { addressKey } from "./address-key.ts";
import { type Connections, IDENTIFY_MS } from "./connections.ts";
import { RareLine } from "./rare-line.ts";

/** What a {@link TlsLayer} works with. */
export interface TlsLayerOptions {
  readonly files: TlsFiles;
  readonly connections: Connections;
  readonly log: Logger;
  /** Is handed every connection whose handshake went well. */
  readonly serve: (socket: TLSSocket) => void;
}

/** TLS 1.0 and 1.1 have been broken for years, and no gRPC client needs them. */
const MIN_VERSION = "TLSv1.2";

/** gRPC is HTTP/2 and nothing else. */
const PROTOCOL = "h2";

/** TLS over accepted connections. New files are used from the next handshake on. */
export class TlsLayer {
  readonly #options: TlsLayerOptions;
  readonly #server: Server;
  readonly #failed: RareLine;

  constructor(options: TlsLayerOptions) {
    const { files, log } = options;
    this.#options = options;
    this.#failed = new RareLine(log, "a TLS handshake failed");
    const isMutual = files.current.context.ca !== undefined;
    this.#server = createServer({
      ...contextOf(files.current),
      ALPNProtocols: [PROTOCOL],
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      handshakeTimeout: IDENTIFY_MS,
    });
    files.onChange((changed) => this.#server.setSecureContext(contextOf(changed)));
    this.#server.on("secureConnection", (socket) => this.#secured(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#handshakeFailed(error, socket));
  }

  /** Begins the handshake. */
  take(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  #secured(socket: TLSSocket): void {
    // What ends a connection is seen by the HTTP/2 session as well; an error without a listener ends the process.
    socket.on("error", () => undefined);
    if (socket.alpnProtocol !== PROTOCOL) {
      this.#failed.happened({ reason: "the caller does not speak HTTP/2", address: addressOf(socket) });
      socket.destroy();
      return;
    }
    const { connections, serve } = this.#options;
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    if (certificate !== undefined) {
      connections.find(socket).certificate = readClientCertificate(certificate);
    }
    serve(socket);
  }

  #handshakeFailed(error: Error, socket: TLSSocket): void {
    this.#failed.happened({ reason: reasonOf(error, socket), address: addressOf(socket) });
    socket.destroy();
  }
}

function contextOf({ context: { cert, key, ca } }: CertificateFiles) {
  return { cert, key, minVersion: MIN_VERSION, ...(ca && { ca }) } as const;
}

function addressOf({ remoteAddress }: TLSSocket): string {
  return remoteAddress === undefined ? "" : addressKey(remoteAddress);
}

function reasonOf(error: Error, { authorizationError }: TLSSocket): string {
  // Text here, an error by its type.
  if (authorizationError)
    return `the caller's certificate is refused: ${outsideText(String(authorizationError))}`;
  const code = "code" in error ? String(error.code) : "";
  return REASONS[code] ?? outsideText("reason" in error ? String(error.reason) : error.message, 200);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNRESET: "the caller went away",
  ERR_SSL_WRONG_VERSION_NUMBER: "the caller does not speak TLS",
  ERR_SSL_HTTP_REQUEST: "the caller does not speak TLS",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "the caller has no certificate",
  ERR_TLS_HANDSHAKE_TIMEOUT: "the caller took too long",
};
