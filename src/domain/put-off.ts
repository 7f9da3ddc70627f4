import { DAY_MS, type Instant } from "./license.ts";

/** How long a reminder that was put off is silent: it comes back the next day (ZL-5). */
export const PUT_OFF_MS = DAY_MS;

/** A reminder that an administrator put off. */
export interface PutOff {
  readonly kind: string;
  readonly subject: string;
  readonly putOffAt: Instant;
}

/** Until when an alert is silent; `undefined`: at this instant it is not put off. */
export function putOffUntil(
  { kind, subject }: { readonly kind: string; readonly subject: string },
  putOffs: readonly PutOff[],
  at: Instant,
): Instant | undefined {
  const found = putOffs.find((putOff) => putOff.kind === kind && putOff.subject === subject);
  // Both ends: a row that was written while a clock was ahead silences nothing before its time.
  if (found === undefined || at < found.putOffAt || at >= found.putOffAt + PUT_OFF_MS) return undefined;
  return found.putOffAt + PUT_OFF_MS;
}
