import type { DomainAlertKind } from "../domain/alerts.ts";
import type { Instant } from "../domain/license.ts";
import type { Restore } from "../store/types.ts";
import type { TamperedRow } from "./license-state.ts";

/** A standing cause for somebody to act (EV-10). */
export interface Alert {
  readonly kind:
    | DomainAlertKind
    | "TEST_VENDOR_TRUSTED"
    | "NO_TRUST_ANCHORS"
    | "TAMPERED_ROW"
    | "DATABASE_RESTORED"
    | "CLOCK_DIFFERS"
    | "SERVER_CERTIFICATE"
    | "DATA_DIRECTORY";
  readonly severity: "INFO" | "WARNING" | "CRITICAL";
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it, in one sentence. */
  readonly remedy: string;
  /** License id, item, meter or row that it is about; empty: the server as a whole. */
  readonly subject: string;
  /** Since when it stands; absent: not known. */
  readonly since?: Instant | undefined;
  /** When what it warns of happens; absent: it has happened, or has no date. */
  readonly dueAt?: Instant | undefined;
  /** Until when a reminder is put off, so that it is silent; absent: it is not. */
  readonly putOffUntil?: Instant | undefined;
}

/** What alerts look at beside the rows of the database. */
export interface TrustFacts {
  readonly hasAnchors: boolean;
  readonly isTestVendorTrusted: boolean;
}

/** Alerts that follow from the rows of the database: those of the server first, then restores, then one for each row that does not verify. */
export function standingAlerts(
  trust: TrustFacts,
  restores: readonly Restore[],
  tampered: readonly TamperedRow[],
): readonly Alert[] {
  return [
    ...(trust.isTestVendorTrusted ? [TEST_VENDOR_TRUSTED] : []),
    ...(trust.hasAnchors ? [] : [NO_TRUST_ANCHORS]),
    ...restores.map(databaseRestored),
    ...tampered.map(tamperedRow),
  ];
}

const TEST_VENDOR_TRUSTED: Alert = {
  kind: "TEST_VENDOR_TRUSTED",
  severity: "WARNING",
  message: "The server runs in development mode and believes a test vendor of its own.",
  remedy: "Do not sell or operate on it; start without --development for production.",
  subject: "",
};

const NO_TRUST_ANCHORS: Alert = {
  kind: "NO_TRUST_ANCHORS",
  severity: "CRITICAL",
  message: "The package holds no vendor key, so that no license can be verified and every upload is refused.",
  remedy: "Install the package that your vendor built with its own keys.",
  subject: "",
};

function databaseRestored({ epoch, raisedAt, found, seen }: Restore): Alert {
  const at = new Date(raisedAt).toISOString();
  return {
    kind: "DATABASE_RESTORED",
    severity: "WARNING",
    message: `On ${at} the database was found in an older state: ${nameOf(found)}, where ${nameOf(seen)} had been seen. Epoch ${epoch} counts from there.`,
    remedy:
      "If nobody meant to restore it, find out who did; else upload again what licensectl records does not list, and revoke again what was revoked in between.",
    subject: `epoch ${epoch}`,
  };
}

function nameOf({ epoch, revision }: Restore["found"]): string {
  return `revision ${revision} of epoch ${epoch}`;
}

function tamperedRow({ table, id, problem, remedy }: TamperedRow): Alert {
  const subject = id === "" ? table : id;
  return { kind: "TAMPERED_ROW", severity: "CRITICAL", message: problem, remedy, subject };
}
