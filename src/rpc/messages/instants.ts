import type { Instant } from "../../domain/license.ts";
import { ServiceError } from "../../errors.ts";

/** Earliest instant that a request may name: no license is older, and before it the generated code writes timestamps that are not valid. */
const EARLIEST = 0;

/** Latest instant that a Timestamp holds: the end of the year 9999. */
const LATEST = Date.UTC(10_000, 0, 1) - 1;

/** An instant of the domain as the contract carries it. */
export function toDate(instant: Instant): Date {
  return new Date(instant);
}

/** The same for an instant that may be absent. */
export function toOptionalDate(instant: Instant | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant);
}

/**
 * An instant that a request names, from 1970 to 9999; a fraction of a millisecond was cut in decoding
 * (instants are whole milliseconds). Throws INVALID_REQUEST beyond.
 */
export function readInstant(field: string, date: Date | undefined): Instant | undefined {
  if (date === undefined) return undefined;
  const instant = date.getTime();
  if (instant >= EARLIEST && instant <= LATEST) return instant;
  const description = "is an instant from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z";
  throw invalidRequest(field, description);
}

/** A refusal of a request for one of its fields. */
export function invalidRequest(field: string, description: string): ServiceError {
  return new ServiceError("INVALID_REQUEST", `${field} ${description}.`, {
    fields: [{ field, description }],
  });
}
