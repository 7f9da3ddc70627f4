/** What the evaluation knows of USB keys (EV-1, rules section 8). */
import type { Instant } from "../license.ts";

/** A USB key: its id and its key pair together. The same id with another private key is another key. */
export interface UsbKeyName {
  /** Readable and copyable (UK-ID-1); licenses name it in `sub`. */
  readonly keyId: string;
  /** RFC 7638 thumbprint of its public key; licenses hold the key in `cnf`. */
  readonly thumbprint: string;
}

/** How a platform stands with its keys: the rows UK-ST-1 to UK-ST-4. */
export const USB_STATUSES = ["MISSING", "READY", "ABNORMAL", "FAULT"] as const;
export type UsbStatus = (typeof USB_STATUSES)[number];

/** A key that gives its rights. */
export interface GivingKey extends UsbKeyName {
  /**
   * Until when its rights run though no agent looks at its node: as long as a buffer would, had it been removed
   * at the last look. `undefined`: it is looked at.
   */
  readonly until: Instant | undefined;
}

/** A buffer that is not void: it runs from the key's removal to its end, and may be over (UK-BU-2, UK-BU-3). */
export interface UsbBuffer extends UsbKeyName {
  readonly startsAt: Instant;
  /** Itself outside. */
  readonly endsAt: Instant;
}

/** What USB keys give, as known now; it holds for any instant that is asked about (EV-2). */
export interface UsbFacts {
  /** `undefined`: no key ever gave rights. */
  readonly status: UsbStatus | undefined;
  /** Ascending by key id. */
  readonly giving: readonly GivingKey[];
  /** Ascending by key id; none of a key that gives its rights. */
  readonly buffers: readonly UsbBuffer[];
}

/** No key ever gave rights. */
export const NO_USB_KEYS: UsbFacts = { status: undefined, giving: [], buffers: [] };

/** Whether two names name one key. */
export function isSameKey(a: UsbKeyName, b: UsbKeyName): boolean {
  return a.keyId === b.keyId && a.thumbprint === b.thumbprint;
}
