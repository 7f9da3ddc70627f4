/**
 * What the platform remembers of its USB keys: who gives rights, and when each was removed. One document for the
 * whole platform, so that no part of the history can be taken away unnoticed (EV-8).
 */
import type { Instant } from "../license.ts";
import { isSameKey, type UsbFacts, type UsbKeyName, type UsbStatus } from "./usb-facts.ts";

/** What is remembered of one key. */
export interface UsbKeyState extends UsbKeyName {
  /** Node on which it gives its rights; `undefined`: it gives none. */
  readonly givesOn: string | undefined;
  /** Since when it gives its rights, or gave them last; `undefined`: it never did. */
  readonly givesSince: Instant | undefined;
  /** Its last removal that counts (UK-BU-1); `undefined`: there was none. */
  readonly removedAt: Instant | undefined;
  /** End of the buffer of {@link removedAt}: later removals may inherit it, also a past or a void one (UK-BU-3). */
  readonly bufferEndsAt: Instant | undefined;
  /** The buffer of {@link removedAt} does not run: a key gives rights since, or its end had passed. */
  readonly isBufferVoid: boolean;
  /** Ids of every license that was ever taken for it, from it or from an upload, ascending (LI-2). */
  readonly takenIds: readonly string[];
  /** Those of {@link takenIds} that an upload or a rewritten key replaced: reading the key brings none back (UK-ID-3). */
  readonly replacedIds: readonly string[];
  /** The highest mark of this platform that it was seen with (threat 18). */
  readonly mark: number;
  /**
   * When it was found with a higher mark than the database knew: it has given rights elsewhere under this platform's
   * name. `undefined`: not within the 60 days in which that matters.
   */
  readonly aheadAt: Instant | undefined;
}

/** What is remembered of all keys. */
export interface UsbState {
  /** `undefined`: no key ever gave rights. */
  readonly status: UsbStatus | undefined;
  /**
   * When the history was found missing or changed: every key without one of its own counts as removed then, its
   * buffer over (EV-8). `undefined`: it never was.
   */
  readonly historyLostAt: Instant | undefined;
  /** Ascending by key id, then thumbprint; a key appears once it gave rights or was taken licenses from. */
  readonly keys: readonly UsbKeyState[];
}

/** No key was ever seen. */
export const NO_USB_STATE: UsbState = { status: undefined, historyLostAt: undefined, keys: [] };

/** A key of which nothing is remembered yet. */
export function newKeyState({ keyId, thumbprint }: UsbKeyName): UsbKeyState {
  return {
    keyId,
    thumbprint,
    givesOn: undefined,
    givesSince: undefined,
    removedAt: undefined,
    bufferEndsAt: undefined,
    isBufferVoid: true,
    takenIds: [],
    replacedIds: [],
    mark: 0,
    aheadAt: undefined,
  };
}

/** The node on which a key gives its rights by a state; `undefined`: it gives none. */
export function placesIn({ keys }: UsbState): (key: UsbKeyName) => string | undefined {
  return (name) => keys.find((key) => isSameKey(key, name))?.givesOn;
}

/** What the state gives, while agents look at every node. */
export function usbFactsOf({ status, keys }: UsbState): UsbFacts {
  return {
    status,
    giving: keys
      .filter(({ givesOn }) => givesOn !== undefined)
      .map(({ keyId, thumbprint }) => ({ keyId, thumbprint, until: undefined })),
    buffers: keys.flatMap(({ keyId, thumbprint, givesOn, removedAt, bufferEndsAt, isBufferVoid }) =>
      givesOn !== undefined || isBufferVoid || removedAt === undefined || bufferEndsAt === undefined
        ? []
        : [{ keyId, thumbprint, startsAt: removedAt, endsAt: bufferEndsAt }],
    ),
  };
}
