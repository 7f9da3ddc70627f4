import type { Instant } from "../../domain/license.ts";
import { LOST_AFTER_MS } from "../../domain/usb/lost-nodes.ts";
import type { NodeSight } from "../../domain/usb/sights.ts";
import type { UnwatchedKey } from "../../domain/usb/unwatched.ts";
import { isSameKey, type UsbKeyName } from "../../domain/usb/usb-facts.ts";
import type { UsbKeyState } from "../../domain/usb/usb-state.ts";

/** What {@link unwatchedKeys} looks at. */
export interface Watching {
  /** Keys that give their rights. */
  readonly keys: readonly UsbKeyState[];
  readonly sights: readonly NodeSight[];
  /** Now, by the database's clock as this node knows it. */
  readonly at: Instant;
  /** Keys in this node's own ports: their presence does not need the database. */
  readonly seenHere: readonly UsbKeyName[];
}

/** Keys that give their rights though no node has looked at their ports for a minute, ascending as they come. */
export function unwatchedKeys({ keys, sights, at, seenHere }: Watching): readonly UnwatchedKey[] {
  return keys.flatMap(({ keyId, thumbprint, givesOn, givesSince }): UnwatchedKey[] => {
    const name = { keyId, thumbprint };
    if (seenHere.some((key) => isSameKey(key, name))) return [];
    const lookedAt = sights.find(({ nodeId }) => nodeId === givesOn)?.scannedAt ?? givesSince ?? at;
    return Math.abs(at - lookedAt) < LOST_AFTER_MS ? [] : [{ ...name, since: lookedAt }];
  });
}
