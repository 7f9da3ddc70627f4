/**
 * How the state of the USB keys goes on when nodes look at their ports: pure, so that every node that sees the same
 * writes the same, and writes it once (UK-BU-8).
 */
import type { Instant } from "../license.ts";
import {
  byName,
  type CountingKey,
  countingKeys,
  givingKeys,
  licensesOf,
  type UsbObservation,
} from "./presence.ts";
import { RENEWAL_MS, removeKey } from "./removal.ts";
import type { DeviceSight } from "./sights.ts";
import { statusOf } from "./status.ts";
import { isSameKey } from "./usb-facts.ts";
import { NO_USB_STATE, newKeyState, placesIn, type UsbKeyState, type UsbState } from "./usb-state.ts";

/**
 * The state after an observation; the very same object when nothing changes.
 *
 * @param state as it is stored now
 */
export function observe(state: UsbState, observation: UsbObservation): UsbState {
  const counting = countingKeys(observation, placesIn(state));
  const giving = givingKeys(counting);
  const known = withNewKeys(state.keys, giving).map((key) => withoutOldAlarm(key, observation.at));
  const isAnyGiving = giving.length > 0;
  const isAnyBeginning = giving.some((key) => stateOf(known, key).givesOn === undefined);
  const keys = known.map((key) => {
    const place = giving.find((other) => isSameKey(other, key));
    if (place !== undefined) return give(key, place, observation.at);
    // When another key begins to give rights, every old buffer is void at once (UK-BU-4).
    const rest = isAnyBeginning && !key.isBufferVoid ? { ...key, isBufferVoid: true } : key;
    return rest.givesOn === undefined ? rest : stop(rest, state, observation, counting, isAnyGiving);
  });
  const status = statusOf(
    counting,
    keys.some(({ givesSince }) => givesSince !== undefined),
  );
  const historyLostAt = isStillLost(state.historyLostAt, observation.at) ? state.historyLostAt : undefined;
  const isSame =
    historyLostAt === state.historyLostAt &&
    status === state.status &&
    keys.length === state.keys.length &&
    keys.every((key, i) => key === state.keys[i]);
  return isSame ? state : { status, historyLostAt, keys };
}

function withoutOldAlarm(key: UsbKeyState, at: Instant): UsbKeyState {
  return key.aheadAt === undefined || isStillLost(key.aheadAt, at) ? key : { ...key, aheadAt: undefined };
}

/** After so long every removal makes a new buffer in any case. */
function isStillLost(historyLostAt: Instant | undefined, at: Instant): boolean {
  return historyLostAt !== undefined && at - historyLostAt < RENEWAL_MS;
}

function withNewKeys(keys: readonly UsbKeyState[], giving: readonly CountingKey[]): readonly UsbKeyState[] {
  const fresh = giving.filter((key) => !keys.some((other) => isSameKey(other, key)));
  return fresh.length === 0 ? keys : [...keys, ...fresh.map(newKeyState)].sort(byName);
}

function stateOf(keys: readonly UsbKeyState[], key: CountingKey): UsbKeyState {
  return keys.find((other) => isSameKey(other, key)) ?? newKeyState(key);
}

/** It gives its rights: from now on, from another node, or as before. */
function give(key: UsbKeyState, { nodeId, device }: CountingKey, at: Instant): UsbKeyState {
  if (key.givesOn === nodeId) return key;
  if (key.givesOn !== undefined) return { ...key, givesOn: nodeId };
  const began = { ...key, givesOn: nodeId, givesSince: at, isBufferVoid: true };
  return device.mark === undefined ? began : { ...began, ...markOf(key, device.mark, at) };
}

/**
 * The mark that a key carries from now on. One that carries a higher mark than is known here has given rights that
 * this database knows nothing of: its removals since are lost, so it counts as removed now, its buffer over (threat 18).
 */
function markOf({ mark }: UsbKeyState, found: number, at: Instant): Partial<UsbKeyState> {
  const isAhead = found > mark;
  return {
    mark: Math.max(found, mark) + 1,
    ...(isAhead ? { removedAt: at, bufferEndsAt: at, aheadAt: at } : {}),
  };
}

/** It gives its rights no more. Only while no other key gives any is that a removal (UK-BU-1, UK-BU-4). */
function stop(
  key: UsbKeyState,
  { historyLostAt }: UsbState,
  observation: UsbObservation,
  counting: readonly CountingKey[],
  isAnyGiving: boolean,
): UsbKeyState {
  if (isAnyGiving) return { ...key, givesOn: undefined };
  const removedAt = removalOf(key, observation, counting);
  return removeKey(key, removedAt, licensesOf(observation.licenses, key), historyLostAt);
}

/** The last instant for which its rights are proven (UK-BU-1, UK-BU-7). */
function removalOf(
  key: UsbKeyState,
  { at, sights }: UsbObservation,
  counting: readonly CountingKey[],
): Instant {
  // Joined by another: that is seen now for the first time.
  if (counting.some((other) => isSameKey(other, key))) return at;
  const seen = sights
    .flatMap(({ devices }) => devices.filter((device) => isSameKey(device, key)))
    .sort(latestFirst);
  const last = seen[0];
  // What nobody remembers having seen was last proven when it began.
  if (last === undefined) return Math.min(key.givesSince ?? at, at);
  const proven = last.isProven ? last.seenAt : (last.provedAt ?? last.arrivedAt);
  return Math.min(proven, at);
}

function latestFirst(a: DeviceSight, b: DeviceSight): number {
  return b.seenAt - a.seenAt;
}

/**
 * The history to go on with when the stored one is lost or was changed by hand (EV-8): what this process knew last,
 * and every key without a removal of its own counts as removed now, its buffer over.
 */
export function lostHistory(lastKnown: UsbState | undefined, at: Instant): UsbState {
  return { ...(lastKnown ?? NO_USB_STATE), historyLostAt: at };
}
