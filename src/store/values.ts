/** Between values of this program and values of SQL, without loss. */
import type { Instant } from "../domain/license.ts";

/** An instant as timestamptz reads it. Years beyond 9999 have no sign in SQL. */
export function toTimestamp(at: Instant): string {
  return new Date(at).toISOString().replace(/^\+0*/, "");
}

/** As {@link toTimestamp}; `undefined` becomes null. */
export function toOptionalTimestamp(at: Instant | undefined): string | null {
  return at === undefined ? null : toTimestamp(at);
}

/** The instant of a timestamptz, as pg reads it. */
export function toInstant(value: Date): Instant {
  return value.getTime();
}

/** As {@link toInstant}; null becomes `undefined`. */
export function toOptionalInstant(value: Date | null): Instant | undefined {
  return value === null ? undefined : toInstant(value);
}

/** A bigint column that the schema keeps within 2^53 - 1. pg gives bigint columns as text. */
export function toSafeInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`not a safe integer: ${value}`);
  return number;
}

/** Text without NUL, which PostgreSQL cannot keep. For columns that only show what signed bytes say. */
export function toText(value: string): string {
  return value.replaceAll("\0", "\u{FFFD}");
}
