import type { ErrorReason } from "@license-service/contract";
import type { Refusal } from "./domain/refusal.ts";

/** Name of an {@link ErrorReason} of the contract. */
export type ErrorReasonName = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** Parts of a {@link ServiceError} beside its reason and message. */
export interface ServiceErrorParts {
  /** Public facts for programs; values are short and hold no secrets. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Request fields at fault, for google.rpc.BadRequest. */
  readonly fields?: ReadonlyArray<{ readonly field: string; readonly description: string }>;
  /** When it makes sense to try again, for google.rpc.RetryInfo. */
  readonly retryAfterMs?: number;
  /** Every reason against a package, the deciding one first, for license.v1.PackageRefusal. */
  readonly refusals?: readonly Refusal[];
  /** The private half: goes to the log, never to the caller. */
  readonly cause?: unknown;
}

/**
 * An error with a public half (reason, message, metadata, fields), which callers see, and a private
 * half (cause), which only the log sees. Every refusal of the service is one of these.
 */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly reason: ErrorReasonName;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fields: ReadonlyArray<{ readonly field: string; readonly description: string }>;
  readonly retryAfterMs: number | undefined;
  readonly refusals: readonly Refusal[];

  constructor(reason: ErrorReasonName, message: string, parts: ServiceErrorParts = {}) {
    super(message, { cause: parts.cause });
    this.reason = reason;
    this.metadata = parts.metadata ?? {};
    this.fields = parts.fields ?? [];
    this.retryAfterMs = parts.retryAfterMs;
    this.refusals = parts.refusals ?? [];
  }
}

/**
 * A reason why the process cannot start or go on. It ends the process with one line on stderr and
 * an exit code of its own.
 */
export class StartupError extends Error {
  override readonly name = "StartupError";
  /** Exit code of the process; see {@link EXIT_CODES}. */
  readonly exitCode: number;

  constructor(kind: keyof typeof EXIT_CODES, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = EXIT_CODES[kind];
  }
}

/** Exit codes of the server, stable; the operator guide lists them. */
export const EXIT_CODES = {
  /** A defect: look at the log. */
  internal: 1,
  /** A flag or setting is unknown or wrong. */
  settings: 2,
  /** The database cannot be reached: wrong address, not running, not answering. */
  databaseUnreachable: 10,
  /** The database refused the login. */
  databaseLoginRefused: 11,
  /** The database's schema is newer than this program. */
  schemaTooNew: 12,
  /** The database's schema is older than this program, and it may not change it: `licensectl migrate`. */
  schemaTooOld: 14,
  /** The embedded PostgreSQL could not be set up or started. */
  embeddedDatabase: 13,
  /** Another process serves from the same data directory. */
  dataDirectoryInUse: 20,
  /** The data directory cannot be read or written. */
  dataDirectory: 21,
  /** The platform key is missing, or is another platform's. */
  platformKey: 22,
  /** The database belongs to another product profile. */
  profileMismatch: 23,
  /** The database is another store than the one that this node served last. */
  otherStore: 24,
  /** A certificate, its key, the client authorities or the identities cannot be used. */
  certificate: 25,
  /** The address to listen on is taken or not ours. */
  listen: 30,
} as const;
