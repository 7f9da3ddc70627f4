import type { ExitKind } from "./exit-codes.ts";

/** One reason against one file of a package. */
export interface RefusalLine {
  /** Empty: the package as a whole. */
  readonly fileName: string;
  readonly reason: string;
  readonly message: string;
  /** Empty: no single claim is at fault. */
  readonly claim: string;
}

/** Parts of a {@link CliError} beside its kind and message; every one is optional. */
export interface CliErrorParts {
  /** What the failure means for the caller, in one sentence. */
  readonly meaning?: string | undefined;
  /** What to do about it, in one sentence. */
  readonly remedy?: string | undefined;
  /** Stable reason, for example OTHER_PLATFORM. */
  readonly reason?: string | undefined;
  /** Number of the reason, for example LICENSE.1016. */
  readonly code?: string | undefined;
  /** gRPC status by name, for example FAILED_PRECONDITION. */
  readonly status?: string | undefined;
  /** Request fields at fault. */
  readonly fields?: ReadonlyArray<{ readonly field: string; readonly description: string }> | undefined;
  /** Every reason against a package, the deciding one first. */
  readonly refusals?: readonly RefusalLine[] | undefined;
  /** How many reasons there are in all; the server sends at most 20. */
  readonly refusalTotal?: number | undefined;
  /** Further public facts from the server. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/**
 * A failure that licensectl can explain: what happened (message), what it means, what to do, and the
 * exit code by its kind. Everything else that is thrown counts as a defect.
 */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly kind: ExitKind;
  readonly parts: CliErrorParts;

  constructor(kind: ExitKind, message: string, parts: CliErrorParts = {}) {
    super(message, { cause: parts.cause });
    this.kind = kind;
    this.parts = parts;
  }
}

/** A wrong command line, setting or file: exit code 2. */
export function usageError(message: string, remedy?: string): CliError {
  return new CliError("usage", message, { reason: "USAGE", remedy });
}
