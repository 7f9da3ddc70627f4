/** The numbers of the key protocol, version 1. docs/usb-key-protocol.md explains each. */

/** Vendor requests to interface 0. */
export const REQUEST = {
  /** In: who the key is, see info.ts. */
  info: 0x01,
  /** In: a chunk of the blob; the value is the chunk's number. */
  blob: 0x02,
  /** Out: what to prove, see challenge.ts. */
  challenge: 0x03,
  /** In: the proof, see challenge.ts. */
  proof: 0x04,
  /** Out: raises the mark of one platform. */
  raiseMark: 0x05,
  /** Out: makes the key pair inside the key, once. */
  makeKey: 0x10,
  /** Out: a chunk of a new blob into the staging area; the value is the chunk's number. */
  writeBlob: 0x11,
  /** Out: takes what is staged as the new blob. */
  commitBlob: 0x12,
} as const;

/** Most bytes of an answer to INFO; also what is asked for. */
export const MAX_INFO_BYTES = 256;

/** Bytes of each chunk of a blob but the last, which may be shorter. */
export const CHUNK_BYTES = 1024;

/** Most bytes of a blob. */
export const MAX_BLOB_BYTES = 256 * 1024;

/** Bytes of a challenge: thumbprint of the platform, node id, nonce. */
export const CHALLENGE_BYTES = 80;

/** Bytes of a proof: counter, mark, signature. */
export const PROOF_BYTES = 80;

/** Fresh random bytes of each challenge. */
export const NONCE_BYTES = 32;

/** A raw SHA-256. */
export const HASH_BYTES = 32;

/** A signature of either algorithm. */
export const SIGNATURE_BYTES = 64;

/** Platforms for which a key that keeps marks has room at least. */
export const MIN_MARK_SLOTS = 16;

/** Ids by which license keys are found on a USB port. */
export interface UsbIds {
  readonly vendorId: number;
  readonly productId: number;
}

/** Ids of a key whose maker has none of its own; 1209:0001 is pid.codes' number for tests. */
export const DEFAULT_USB_IDS: UsbIds = { vendorId: 0x1209, productId: 0x0001 };
