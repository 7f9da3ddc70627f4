import { type ServiceError as GrpcError, status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo, ErrorReason, PackageRefusal, Status } from "@license-service/contract";
import { CliError, type CliErrorParts, type RefusalLine } from "../cli-error.ts";
import type { ExitKind } from "../exit-codes.ts";
import { nameOf } from "../output/names.ts";
import { formatDuration } from "../output/time.ts";
import type { Settings } from "../settings.ts";
import { type TlsFailure, tlsFailureOf } from "./tls-failure.ts";

/** Domain of the service's own reasons in google.rpc.ErrorInfo. */
const ERROR_DOMAIN = "license.v1";

/** What an error carries in grpc-status-details-bin; empty when it carries nothing of ours. */
export interface ErrorDetails {
  readonly reason: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  readonly fields: ReadonlyArray<{ readonly field: string; readonly description: string }>;
  readonly refusals: readonly RefusalLine[];
  readonly refusalTotal: number;
}

/**
 * Reads google.rpc.Status with ErrorInfo, BadRequest and PackageRefusal. Details that do not decode
 * count as absent: an error must still be shown when its details come from a stranger.
 */
export function readErrorDetails(error: GrpcError): ErrorDetails {
  const details = new Map(
    statusOf(error).details.map((detail) => [typeNameOf(detail.typeUrl), detail.value]),
  );
  const info = decoded(ErrorInfo, details.get("google.rpc.ErrorInfo"));
  const isOurs = info?.domain === ERROR_DOMAIN;
  const refusal = decoded(PackageRefusal, details.get("license.v1.PackageRefusal"));
  const refusals = (refusal?.refusals ?? []).map((line) => ({
    fileName: line.fileName,
    reason: nameOf(ErrorReason, line.reason),
    message: line.message,
    claim: line.claim,
  }));
  return {
    reason: isOurs ? info.reason : undefined,
    metadata: isOurs ? info.metadata : {},
    fields: (decoded(BadRequest, details.get("google.rpc.BadRequest"))?.fieldViolations ?? []).map(
      ({ field, description }) => ({ field, description }),
    ),
    refusals,
    refusalTotal: refusal?.total ?? refusals.length,
  };
}

function statusOf(error: GrpcError): Status {
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  return (bytes instanceof Uint8Array ? decoded(Status, bytes) : undefined) ?? Status.fromPartial({});
}

function decoded<T>(type: { decode(bytes: Uint8Array): T }, bytes: Uint8Array | undefined): T | undefined {
  try {
    return bytes === undefined ? undefined : type.decode(bytes);
  } catch {
    return undefined;
  }
}

function typeNameOf(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
}

/** The failure that a failed call means for the user of licensectl. */
export function toCliError(error: GrpcError, settings: Settings): CliError {
  const details = readErrorDetails(error);
  const kind = kindOf(error.code, details.reason);
  const tls = kind === "unreachable" ? tlsFailureOf(error.details, settings) : undefined;
  if (tls !== undefined) return unprotected(tls, error);
  const { refusals, refusalTotal, fields } = details;
  const { code, ...metadata } = details.metadata;
  const parts: CliErrorParts = {
    reason: details.reason ?? status[error.code] ?? "UNKNOWN",
    code,
    status: status[error.code],
    fields,
    refusals,
    refusalTotal,
    metadata,
    ...explain(kind, error, details.reason, settings),
  };
  return new CliError(kind, messageOf(kind, error, details.reason, settings), parts);
}

/** The server was met, but not trusted or not understood: for a script it is not reached. */
function unprotected({ message, ...parts }: TlsFailure, { code }: GrpcError): CliError {
  return new CliError("unreachable", message, { ...parts, status: status[code] });
}

const IDENTITY_REASONS: ReadonlySet<string> = new Set([
  "TOKEN_MISSING",
  "TOKEN_UNKNOWN",
  "TOKEN_EXPIRED",
  "ROLE_NOT_ALLOWED",
]);
/** Without a reason of ours, these say that no license service answered, or not in time. */
const UNREACHABLE_CODES: ReadonlySet<number> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.CANCELLED,
]);
const INTERNAL_CODES: ReadonlySet<number> = new Set([status.INTERNAL, status.UNKNOWN, status.DATA_LOSS]);

function kindOf(code: number, reason: string | undefined): ExitKind {
  if (code === status.UNAUTHENTICATED || IDENTITY_REASONS.has(reason ?? "")) return "identity";
  if (reason === "SHUTTING_DOWN") return "unreachable";
  if (reason === "INTERNAL") return "internal";
  if (reason !== undefined) return "refused";
  if (UNREACHABLE_CODES.has(code)) return "unreachable";
  return INTERNAL_CODES.has(code) ? "internal" : "refused";
}

function messageOf(kind: ExitKind, error: GrpcError, reason: string | undefined, settings: Settings): string {
  if (kind !== "unreachable" || reason !== undefined) return error.details;
  if (error.code === status.DEADLINE_EXCEEDED) {
    return `${settings.address} did not answer within ${formatDuration(settings.timeoutMs)}.`;
  }
  if (error.code === status.UNIMPLEMENTED)
    return `What answers at ${settings.address} is not a license service.`;
  return `No license service can be reached at ${settings.address}.`;
}

function explain(
  kind: ExitKind,
  error: GrpcError,
  reason: string | undefined,
  settings: Settings,
): CliErrorParts {
  if (kind === "identity") return { remedy: identityRemedy(settings, reason) };
  if (kind === "unreachable") {
    return {
      meaning: `${wasSent(error) ? "Whether the server did anything is not known." : "Nothing was sent."} (${status[error.code]}: ${error.details})`,
      remedy:
        "Look whether the server runs, and check --address or LICENSECTL_ADDRESS and the network in between.",
    };
  }
  if (kind === "internal") return { remedy: "Look into the server's log; the request id is in there." };
  return {};
}

/** grpc-js says so when it never had a connection. */
function wasSent({ code, details }: GrpcError): boolean {
  return !(code === status.UNAVAILABLE && /No connection established|Name resolution failed/.test(details));
}

function identityRemedy({ token, tokenSearch, transport }: Settings, reason: string | undefined): string {
  const client = transport.kind === "tls" ? transport.client : undefined;
  if (reason === "CERTIFICATE_EXPIRED") return "Renew the client certificate.";
  if (token === undefined && client !== undefined) {
    return `The client certificate came from ${client.file}. Have it given a role (LICENSE_TLS_IDENTITIES), or give a token.`;
  }
  if (token !== undefined)
    return `The token came from ${token.source}. Use one of an identity that may do this.`;
  const searched = tokenSearch.length === 0 ? "" : ` Looked in vain at ${tokenSearch.join(" and ")}.`;
  return `Give a token by --token-file, LICENSECTL_TOKEN_FILE, LICENSECTL_TOKEN or --data-dir.${searched}`;
}
