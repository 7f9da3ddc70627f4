/** Which licenses of a USB key were taken, and which leave when new ones come for it (LI-2, UK-ID-3). */
import type { License } from "../license.ts";
import { byName, licensesOf } from "./presence.ts";
import { isSameKey, type UsbKeyName } from "./usb-facts.ts";
import { newKeyState, type UsbState } from "./usb-state.ts";

/**
 * The licenses that leave because a package brings new ones for their key: the package is the whole set of it.
 *
 * @param installed everything that is installed
 * @param packed the licenses of the package
 */
export function displacedBy<L extends License>(
  installed: readonly L[],
  packed: readonly License[],
): readonly L[] {
  const known = new Set(installed.map(({ id }) => id));
  const stays = new Set(packed.map(({ id }) => id));
  const renewed = keysOf(packed.filter(({ id }) => !known.has(id)));
  return renewed.flatMap((key) => licensesOf(installed, key).filter(({ id }) => !stays.has(id)));
}

/** The keys that licenses are bound to, each once. */
export function keysOf(licenses: readonly License[]): readonly UsbKeyName[] {
  const keys: UsbKeyName[] = [];
  for (const { binding } of licenses) {
    if (binding.method === "request-code" || keys.some((key) => isSameKey(key, binding))) continue;
    keys.push({ keyId: binding.keyId, thumbprint: binding.thumbprint });
  }
  return keys;
}

/** What becomes known of the licenses of a key. */
export interface Taking {
  /** Ids of those that are installed for it now, or were. */
  readonly takenIds: readonly string[];
  /** Those of them that new ones displaced. */
  readonly replacedIds: readonly string[];
}

/** The state that remembers it; the very same object when nothing is new. A taken license that is not replaced now is so no more. */
export function rememberTaken(state: UsbState, key: UsbKeyName, { takenIds, replacedIds }: Taking): UsbState {
  const before = state.keys.find((other) => isSameKey(other, key));
  const { takenIds: known, replacedIds: gone } = before ?? newKeyState(key);
  const after = {
    ...(before ?? newKeyState(key)),
    takenIds: ascending([...known, ...takenIds, ...replacedIds]),
    replacedIds: ascending([...gone.filter((id) => !takenIds.includes(id)), ...replacedIds]),
  };
  const isSame = isSameList(after.takenIds, known) && isSameList(after.replacedIds, gone);
  if (isSame) return state;
  const others = state.keys.filter((other) => other !== before);
  return { ...state, keys: [...others, after].sort(byName) };
}

function ascending(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort();
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}
