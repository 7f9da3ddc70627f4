import * as contract from "@license-service/contract";
import type { Alert } from "../../snapshot/alert.ts";
import { toOptionalDate } from "./instants.ts";

/** An alert as the contract carries it. */
export function toAlert(alert: Alert): contract.Alert {
  const { kind, severity, message, remedy, subject, since, dueAt, putOffUntil } = alert;
  return {
    kind: contract.AlertKind[kind],
    severity: contract.AlertSeverity[severity],
    message,
    remedy,
    subject,
    since: toOptionalDate(since),
    dueTime: toOptionalDate(dueAt),
    putOffUntil: toOptionalDate(putOffUntil),
  };
}
