/**
 * The one place where a thrown error becomes what the caller sees: a gRPC status with
 * google.rpc.Status in `grpc-status-details-bin`. The private half of the error stays here.
 */
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import {
  type Any,
  BadRequest,
  ErrorInfo,
  ErrorReason,
  PackageRefusal,
  RetryInfo,
  Status,
} from "@license-service/contract";
import type { Refusal } from "../domain/refusal.ts";
import { type ErrorReasonName, ServiceError } from "../errors.ts";
import { STATUS_CODES } from "./status-codes.ts";

/** Domain of every `google.rpc.ErrorInfo` of this service. */
export const ERROR_DOMAIN = "license.v1";

/** Metadata key of `google.rpc.Status`. */
export const DETAILS_KEY = "grpc-status-details-bin";

/*
 * The status travels in HTTP/2 trailers, which clients cap (C-core: 8 KiB soft) and answer an overflow
 * with an untyped RESOURCE_EXHAUSTED. Percent-encoding and base64 are counted.
 */
const MESSAGE_BYTES = 1024;
const DETAILS_BYTES = 4096;
const VALUE_BYTES = 200;
const MOST_REFUSALS = 20;
const MOST_FIELDS = 10;
const MOST_METADATA = 8;

/**
 * The status of `error`. Anything but a `ServiceError` is INTERNAL and says no more than the request
 * id, by which the log can be searched.
 */
export function statusOf(error: unknown, requestId: string): StatusObject {
  const known = asServiceError(error, requestId);
  const { code, message, details } = encoded.get(known) ?? encode(known);
  const metadata = new Metadata();
  metadata.set(DETAILS_KEY, details);
  reasons.set(metadata, known.reason);
  return { code, details: message, metadata };
}

interface EncodedError {
  readonly code: status;
  readonly message: string;
  readonly details: Buffer;
}

// Some errors are met again and again: see `token-table.ts`.
const encoded = new WeakMap<ServiceError, EncodedError>();

function encode(error: ServiceError): EncodedError {
  const code = STATUS_CODES[error.reason];
  const message = cutMessage(error.message);
  const made = { code, message, details: encodeDetails(code, message, error) };
  encoded.set(error, made);
  return made;
}

// The metadata object is what grpc-js passes on of a status as it is.
const reasons = new WeakMap<Metadata, ErrorReasonName>();

/** The reason of a status that {@link statusOf} made, by its metadata; `undefined`: it is none of those. */
export function reasonOf(metadata: Metadata | null | undefined): ErrorReasonName | undefined {
  return metadata ? reasons.get(metadata) : undefined;
}

/** `error` itself if it was made for callers, else INTERNAL with `error` as its private cause. */
export function asServiceError(error: unknown, requestId: string): ServiceError {
  if (error instanceof ServiceError) return error;
  const message = `The server met a defect. Its log has more under request id ${requestId}.`;
  return new ServiceError("INTERNAL", message, { metadata: { request_id: requestId }, cause: error });
}

/** Name of a gRPC status code, for logs. */
export function statusName(code: status): string {
  return status[code] ?? String(code);
}

/** As many refusals and fields as fit; the first one of each always does. */
function encodeDetails(code: status, message: string, error: ServiceError): Buffer {
  for (let most = MOST_REFUSALS; ; most--) {
    const details = [
      errorInfo(error),
      ...retryInfo(error),
      ...packageRefusal(error.refusals, most),
      ...badRequest(error.fields.slice(0, Math.min(most, MOST_FIELDS))),
    ];
    const bytes = Status.encode(Status.create({ code, message, details })).finish();
    if (bytes.length <= DETAILS_BYTES || most <= 1) return Buffer.from(bytes);
  }
}

function errorInfo(error: ServiceError): Any {
  const metadata: Record<string, string> = {};
  const given = Object.entries(error.metadata).slice(0, MOST_METADATA);
  for (const [name, value] of given) metadata[name] = cut(value);
  metadata["code"] = errorCode(error.reason);
  return pack(
    "google.rpc.ErrorInfo",
    ErrorInfo.encode({ reason: error.reason, domain: ERROR_DOMAIN, metadata }),
  );
}

/** The globally unique code of a reason, for example "LICENSE.1004" (AP-4). */
export function errorCode(reason: ErrorReasonName): string {
  return `LICENSE.${ErrorReason[reason]}`;
}

function badRequest(fields: ServiceError["fields"]): Any[] {
  if (fields.length === 0) return [];
  const fieldViolations = fields.map(({ field, description }) => ({
    field: cut(field),
    description: cut(description),
  }));
  return [pack("google.rpc.BadRequest", BadRequest.encode(BadRequest.fromPartial({ fieldViolations })))];
}

function retryInfo({ retryAfterMs }: ServiceError): Any[] {
  if (retryAfterMs === undefined) return [];
  const seconds = BigInt(Math.floor(retryAfterMs / 1000));
  const nanos = Math.floor(retryAfterMs % 1000) * 1_000_000;
  return [pack("google.rpc.RetryInfo", RetryInfo.encode({ retryDelay: { seconds, nanos } }))];
}

function packageRefusal(refusals: readonly Refusal[], count: number): Any[] {
  if (refusals.length === 0) return [];
  const sent = refusals.slice(0, count).map((refusal) => ({
    fileName: cut(refusal.fileName ?? ""),
    reason: ErrorReason[refusal.reason],
    message: cut(refusal.message),
    claim: cut(refusal.claim ?? ""),
  }));
  const message = PackageRefusal.fromPartial({ refusals: sent, total: refusals.length });
  return [pack("license.v1.PackageRefusal", PackageRefusal.encode(message))];
}

function pack(typeName: string, message: { finish(): Uint8Array }): Any {
  return { typeUrl: `type.googleapis.com/${typeName}`, value: Buffer.from(message.finish()) };
}

function cut(text: string): string {
  return cutTo(text, VALUE_BYTES, Buffer.byteLength);
}

/** The message as it can be sent: encodeURI, which grpc-js calls on it, throws on a lone surrogate. */
function cutMessage(text: string): string {
  return cutTo(text.toWellFormed(), MESSAGE_BYTES, (part) => encodeURI(part).length);
}

/** The longest beginning of `text` that `measure`s at most `limit`, with an ellipsis if it is not all. */
function cutTo(text: string, limit: number, measure: (part: string) => number): string {
  const room = limit - measure("…");
  let length = 0;
  let end = 0;
  for (const character of text) {
    length += measure(character);
    if (length <= room) end += character.length;
    else if (length > limit) return `${text.slice(0, end)}…`;
  }
  return text;
}
