import type { Instant } from "../domain/license.ts";
import { outsideText } from "../license-file/outside-text.ts";
import type { Alert } from "../snapshot/alert.ts";
import { type ServerCertificate, timeText } from "./server-certificate.ts";

/** So long before its end a certificate is an alert. */
export const CERTIFICATE_WARNING_MS = 14 * 86_400_000;

/**
 * What somebody should do about the server's certificate.
 *
 * @param certificate the one in use.
 * @param problem why newer files cannot be used, one sentence; `undefined`: there are none, or they are in use.
 */
export function certificateAlerts(
  { subject, notAfter }: Pick<ServerCertificate, "subject" | "notAfter">,
  problem: string | undefined,
  now: Instant,
): readonly Alert[] {
  const about = { kind: "SERVER_CERTIFICATE", subject: outsideText(subject) } as const;
  const alerts: Alert[] = [];
  if (problem !== undefined) {
    const message = `Newer TLS files cannot be used, and the certificate of before goes on: ${problem}`;
    const remedy = "Put right the file that the message names; it is read again within seconds.";
    alerts.push({ ...about, severity: "CRITICAL", message, remedy });
  }
  if (notAfter <= now + CERTIFICATE_WARNING_MS) {
    const [severity, ends] =
      notAfter <= now ? (["CRITICAL", "ended"] as const) : (["WARNING", "ends"] as const);
    const message = `The server's certificate ${ends} at ${timeText(notAfter)}; clients refuse it from then on.`;
    const remedy =
      "Put a new certificate and its key in place of the files; they are read again within seconds.";
    alerts.push({ ...about, severity, message, remedy });
  }
  return alerts;
}
