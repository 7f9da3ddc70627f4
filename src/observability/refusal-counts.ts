import { ErrorReason } from "@license-service/contract";
import type { ErrorReasonName } from "../errors.ts";

/** Reasons that are about the caller or how it calls, whatever the RPC: identity, role and limits. */
const CALL_REASONS: readonly ErrorReasonName[] = [
  "TOKEN_MISSING",
  "TOKEN_UNKNOWN",
  "TOKEN_EXPIRED",
  "CERTIFICATE_UNKNOWN",
  "CERTIFICATE_EXPIRED",
  "ROLE_NOT_ALLOWED",
  "REQUEST_TOO_LARGE",
  "RATE_EXCEEDED",
  "TOO_MANY_CALLS",
  "TOO_MANY_CONNECTIONS",
];

/** The contract numbers its reasons against licenses and packages below this. */
const FIRST_OTHER_REASON = 2000;

const UPLOAD = "/license.v1.LicenseService/UploadLicense";

/**
 * Refusals by reason. A reason that is to be expected counts from 0, so that a rate sees the first
 * one too.
 */
export class RefusalCounts {
  readonly #calls = new Map(CALL_REASONS.map((reason) => [reason, 0]));
  readonly #uploads = new Map(licenseReasons().map((reason) => [reason, 0]));

  /** Takes note of a refusal; `path` is the RPC's. */
  add(path: string, reason: ErrorReasonName): void {
    const calls = this.#calls.get(reason);
    if (calls !== undefined) this.#calls.set(reason, calls + 1);
    else if (path === UPLOAD) this.#uploads.set(reason, (this.#uploads.get(reason) ?? 0) + 1);
  }

  /** Calls of any RPC refused for identity, role or limits. */
  get calls(): ReadonlyMap<ErrorReasonName, number> {
    return this.#calls;
  }

  /** Uploads refused for anything else, checks that write nothing (`validate_only`) among them. */
  get uploads(): ReadonlyMap<ErrorReasonName, number> {
    return this.#uploads;
  }
}

function licenseReasons(): ErrorReasonName[] {
  const reasons = Object.entries(ErrorReason).filter(([, code]) => code > 0 && code < FIRST_OTHER_REASON);
  return reasons.map(([name]) => name as ErrorReasonName);
}
