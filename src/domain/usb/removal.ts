/** What the removal of a key makes of its buffer (UK-BU-1 to UK-BU-3). */
import { DAY_MS, hasEndedAt, type Instant, type License } from "../license.ts";
import type { UsbKeyState } from "./usb-state.ts";

/** Length of a new buffer (UK-BU-2). */
export const BUFFER_MS = 30 * DAY_MS;

/** So long after the removal before it a removal makes a new buffer (UK-BU-3). */
export const RENEWAL_MS = 60 * DAY_MS;

/**
 * The key after its removal.
 *
 * @param removedAt the last instant that its rights are proven for
 * @param licenses those that are bound to it
 * @param historyLostAt see `UsbState`
 */
export function removeKey(
  key: UsbKeyState,
  removedAt: Instant,
  licenses: readonly License[],
  historyLostAt: Instant | undefined,
): UsbKeyState {
  const gone = { ...key, givesOn: undefined };
  // They stay ended: no buffer, no history.
  if (licenses.every((license) => hasEndedAt(license, removedAt))) return gone;
  const previous = key.removedAt ?? historyLostAt;
  if (previous === undefined || removedAt - previous >= RENEWAL_MS) {
    return { ...gone, removedAt, bufferEndsAt: removedAt + BUFFER_MS, isBufferVoid: false };
  }
  // One that lost its history had a buffer, for all we know, and it is over.
  const previousEnd = (key.removedAt === undefined ? historyLostAt : key.bufferEndsAt) ?? removedAt;
  // Where the clock was set back in between, the inherited end lies too far ahead.
  const inherited = Math.min(previousEnd, removedAt + BUFFER_MS);
  return { ...gone, removedAt, bufferEndsAt: inherited, isBufferVoid: inherited <= removedAt };
}
