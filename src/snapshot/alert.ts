import type { DomainAlertKind } from "../domain/alerts.ts";
import { instantText } from "../domain/alerts-text.ts";
import type { Instant } from "../domain/license.ts";
import { RENEWAL_MS } from "../domain/usb/removal.ts";
import type { UsbState } from "../domain/usb/usb-state.ts";
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
    | "DATA_DIRECTORY"
    | "USB_KEY_AHEAD";
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

/** What became of the history of the USB keys, for the 60 days in which it costs buffers: nothing else shows it. */
export function usbHistoryAlerts(usb: UsbState | undefined): readonly Alert[] {
  const ahead = (usb?.keys ?? []).flatMap(({ keyId, aheadAt }) =>
    aheadAt === undefined ? [] : [keyAhead(keyId, aheadAt)],
  );
  return usb?.historyLostAt === undefined ? ahead : [historyLost(usb.historyLostAt), ...ahead];
}

function historyLost(since: Instant): Alert {
  return {
    kind: "TAMPERED_ROW",
    severity: "WARNING",
    message: `On ${instantText(since)} the history of the USB keys was found missing or changed, and was written anew. Keys that are there give their rights; until ${instantText(since + RENEWAL_MS)} a key that is pulled may have no buffer.`,
    remedy: "Find out who changed the database. Until then leave the keys in their ports.",
    subject: "usb_state",
    since,
  };
}

function keyAhead(keyId: string, since: Instant): Alert {
  return {
    kind: "USB_KEY_AHEAD",
    severity: "WARNING",
    message: `On ${instantText(since)} the USB key ${keyId} was found to have given rights to this platform that this database knows nothing of. It gives its rights; pulled before ${instantText(since + RENEWAL_MS)} it has no buffer.`,
    remedy:
      "If the database was restored, nothing is to be done but to leave the key in its port. If it was not, another machine runs as a clone of this platform: find it and stop it.",
    subject: keyId,
    since,
  };
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
