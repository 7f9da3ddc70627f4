import { isIPv4 } from "node:net";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { CertificateTable } from "../identity/certificate-table.ts";
import type { Logger } from "../log.ts";
import { TlsFiles } from "../tls/tls-files.ts";
import { tlsPathsOf } from "../tls/tls-settings.ts";
import type { ClosingStack } from "./closing-stack.ts";

/** With what connections are encrypted, and who the holders of client certificates are. */
export interface ServingTls {
  /** `undefined`: plaintext. */
  readonly files: TlsFiles | undefined;
  /** Follows the files; empty without them. */
  readonly certificates: CertificateTable;
}

/**
 * Opens the files of TLS, if there are to be any, and begins to follow them.
 *
 * @throws StartupError "settings", "certificate".
 */
export async function openTls(
  config: Config,
  clock: Clock,
  log: Logger,
  opened: ClosingStack,
): Promise<ServingTls> {
  const paths = tlsPathsOf(config);
  const certificates = new CertificateTable();
  if (paths === undefined) {
    warnOfPlaintext(config.listen.host, log);
    return { files: undefined, certificates };
  }
  const files = await TlsFiles.open({ paths, clock, log });
  opened.add("TLS files", () => files.close());
  certificates.replace(files.current.entries);
  files.onChange(({ entries }) => certificates.replace(entries));
  return { files, certificates };
}

function warnOfPlaintext(host: string, log: Logger): void {
  const isLoopback = host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
  if (isLoopback) return;
  log.warn(
    { host },
    "the server speaks plaintext on an address that other machines reach: tokens can be read on the way; set LICENSE_TLS_CERT, or let only a proxy that ends TLS reach it",
  );
}
