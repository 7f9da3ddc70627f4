import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:tls";
import type { ListenAddress } from "../../settings.ts";

const ANSWER_WITHIN_MS = 3_000;

/**
 * The certificate that a TLS server shows, before it asks who is there; `undefined`: what listens there speaks
 * no TLS, or not in time.
 */
export async function readPeerCertificate({
  host,
  port,
}: ListenAddress): Promise<X509Certificate | undefined> {
  const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: ["h2"] });
  // A server that wants a client certificate ends the connection later.
  socket.on("error", () => undefined);
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return socket.getPeerX509Certificate();
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** Whether a certificate is the first one of a PEM file; a file that cannot be read holds no such thing. */
export async function isCertificateOf(file: string, certificate: X509Certificate): Promise<boolean> {
  try {
    return new X509Certificate(await readFile(file)).fingerprint256 === certificate.fingerprint256;
  } catch {
    return false;
  }
}
