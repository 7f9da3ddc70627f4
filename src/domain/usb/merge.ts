/**
 * Brings together what two places remember of the USB keys of one platform: the database, and the file that a node
 * keeps beside it. A database that was put back to an older state forgets no removal by that (threat 18).
 */
import type { Instant } from "../license.ts";
import { byName } from "./presence.ts";
import { RENEWAL_MS } from "./removal.ts";
import { isSameKey } from "./usb-facts.ts";
import type { UsbKeyState, UsbState } from "./usb-state.ts";

/**
 * The history of both. It does not matter which of the two remembers what; only who gives rights now is for the
 * database to say. No buffer ends later than in either, and one that is void in either is void, unless a removal
 * 60 days or more after the other's made a new one (UK-BU-3).
 */
export function mergeUsbStates(database: UsbState, kept: UsbState): UsbState {
  const known = database.keys.map((key) => {
    const other = kept.keys.find((candidate) => isSameKey(candidate, key));
    return other === undefined ? key : mergeKeys(key, other);
  });
  const forgotten = kept.keys.filter((key) => !database.keys.some((other) => isSameKey(other, key)));
  return {
    status: database.status ?? (kept.status === undefined ? undefined : "MISSING"),
    historyLostAt: latest(database.historyLostAt, kept.historyLostAt),
    keys: [...known, ...forgotten.map((key) => ({ ...key, givesOn: undefined }))].sort(byName),
  };
}

/** A license that is installed is not replaced, whatever an older state says: it was uploaded again (UK-ID-3). */
export function withInstalled(state: UsbState, installedIds: readonly string[]): UsbState {
  const installed = new Set(installedIds);
  const keys = state.keys.map((key) => ({
    ...key,
    replacedIds: key.replacedIds.filter((id) => !installed.has(id)),
  }));
  return { ...state, keys };
}

function mergeKeys(database: UsbKeyState, kept: UsbKeyState): UsbKeyState {
  const removal = mergeRemovals(removalOf(database), removalOf(kept));
  return {
    ...database,
    ...removal,
    givesSince: latest(database.givesSince, kept.givesSince),
    isBufferVoid: database.givesOn !== undefined || removal.isBufferVoid,
    takenIds: union(database.takenIds, kept.takenIds),
    replacedIds: union(database.replacedIds, kept.replacedIds),
    mark: Math.max(database.mark, kept.mark),
    aheadAt: latest(database.aheadAt, kept.aheadAt),
  };
}

type Removal = Pick<UsbKeyState, "removedAt" | "bufferEndsAt" | "isBufferVoid">;

function removalOf({ removedAt, bufferEndsAt, isBufferVoid }: UsbKeyState): Removal {
  return { removedAt, bufferEndsAt, isBufferVoid };
}

function mergeRemovals(a: Removal, b: Removal): Removal {
  if (a.removedAt === undefined || b.removedAt === undefined) return a.removedAt === undefined ? b : a;
  const [earlier, later] = a.removedAt < b.removedAt ? [a, b] : [b, a];
  const { removedAt } = later;
  const betweenMs = (removedAt ?? 0) - (earlier.removedAt ?? 0);
  if (betweenMs >= RENEWAL_MS) return later;
  // The later removal may have been told to a database that did not know the earlier one.
  const bufferEndsAt = earliest(a.bufferEndsAt, b.bufferEndsAt);
  const isVoidInEither = betweenMs === 0 ? a.isBufferVoid || b.isBufferVoid : later.isBufferVoid;
  return { removedAt, bufferEndsAt, isBufferVoid: isVoidInEither || !isAfter(bufferEndsAt, removedAt) };
}

function isAfter(a: Instant | undefined, b: Instant | undefined): boolean {
  return a !== undefined && b !== undefined && a > b;
}

/** A buffer without an end is none. */
function earliest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b);
}

function latest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])].sort();
}
