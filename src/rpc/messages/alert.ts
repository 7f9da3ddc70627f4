import * as contract from "@license-service/contract";
import type { Alert } from "../../snapshot/alert.ts";

/** An alert as the contract carries it. */
export function toAlert({ kind, severity, message, remedy, subject }: Alert): contract.Alert {
  return {
    kind: contract.AlertKind[kind],
    severity: contract.AlertSeverity[severity],
    message,
    remedy,
    subject,
  };
}
