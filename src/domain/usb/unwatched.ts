/** What keys give while nobody looks whether they are there (UK-BU-9, EV-4). */
import type { Instant, License } from "../license.ts";
import { licensesOf } from "./presence.ts";
import { removeKey } from "./removal.ts";
import { isSameKey, type UsbFacts, type UsbKeyName } from "./usb-facts.ts";
import { type UsbState, usbFactsOf } from "./usb-state.ts";

/** A key that gives its rights and that no agent has looked at since an instant. */
export interface UnwatchedKey extends UsbKeyName {
  /** The last look. */
  readonly since: Instant;
}

/**
 * What a state gives. Time without an agent is no absence, but it must not stand in for a key either: a key that
 * nobody looks at gives its rights for as long as it would had it been removed at the last look, and nothing is
 * written of that.
 */
export function watchedFacts(
  state: UsbState,
  licenses: readonly License[],
  unwatched: readonly UnwatchedKey[],
): UsbFacts {
  const facts = usbFactsOf(state);
  if (unwatched.length === 0) return facts;
  const giving = facts.giving.map((key) => {
    const since = unwatched.find((other) => isSameKey(other, key))?.since;
    return since === undefined ? key : { ...key, until: endOfRights(state, licenses, key, since) };
  });
  return { ...facts, giving };
}

function endOfRights(
  { keys, historyLostAt }: UsbState,
  licenses: readonly License[],
  name: UsbKeyName,
  since: Instant,
): Instant {
  const key = keys.find((other) => isSameKey(other, name));
  if (key === undefined) return since;
  const removed = removeKey(key, since, licensesOf(licenses, name), historyLostAt);
  return removed.isBufferVoid ? since : (removed.bufferEndsAt ?? since);
}
