import type { Config } from "../../config.ts";
import type { Instant } from "../../domain/license.ts";
import { StartupError } from "../../errors.ts";
import { certificateAlerts } from "../../tls/certificate-alerts.ts";
import { readCertificateFiles } from "../../tls/certificate-files.ts";
import { timeText } from "../../tls/server-certificate.ts";
import { type TlsPaths, tlsPathsOf } from "../../tls/tls-settings.ts";
import { type Finding, fail, ok, skip, warn } from "./check.ts";

/**
 * Whether the files of TLS can be used, and for how long.
 *
 * @throws StartupError that names the file, as the server's start does.
 */
export async function checkTls(config: Config, now: Instant): Promise<Finding> {
  const paths = pathsOf(config);
  if (paths === "unclear") return skip("not looked at: see the settings");
  if (paths === undefined) return ok("plaintext: for loopback, or behind a proxy that ends TLS");
  const files = await readCertificateFiles(paths, now);
  const [alert] = certificateAlerts(files, undefined, now);
  if (alert !== undefined) {
    return alert.severity === "CRITICAL"
      ? fail(alert.message, alert.remedy)
      : warn(alert.message, alert.remedy);
  }
  if (files.isKeyOpenToOthers) {
    return warn(
      "Accounts other than the service's can read the TLS key.",
      "Allow only its owner: chmod 600.",
    );
  }
  return ok(`the certificate is good until ${timeText(files.notAfter)}`);
}

function pathsOf(config: Config): TlsPaths | undefined | "unclear" {
  try {
    return tlsPathsOf(config);
  } catch (error) {
    if (error instanceof StartupError) return "unclear";
    throw error;
  }
}
