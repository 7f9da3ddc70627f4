/** What nodes say of their USB ports. Instants are the database's, so that those of several nodes compare. */
import type { Instant } from "../license.ts";

/** Why a device that looks like a key does not count, as far as its node can tell. */
export const DEVICE_PROBLEMS = [
  "NO_PERMISSION",
  "BUSY",
  "NO_ANSWER",
  "NOT_A_KEY",
  "NO_PROOF",
  "PROOF_FAILED",
  "LICENSE_REFUSED",
  "COPY",
] as const;
export type DeviceProblem = (typeof DEVICE_PROBLEMS)[number];

/** Why a node reads no keys (UK-NO-1). */
export const UNAVAILABLE_REASONS = [
  "AGENT_OFF",
  "NO_USB_SUPPORT",
  "NO_PERMISSION",
  "NOT_IN_PRODUCT",
] as const;
export type UnavailableReason = (typeof UNAVAILABLE_REASONS)[number];

/** A device that looks like a key, as its node saw it last. */
export interface DeviceSight {
  /** Place on the node, for people: bus and ports. */
  readonly port: string;
  /** Empty: it could not be read. */
  readonly keyId: string;
  /** Of its public key; empty: it could not be read. */
  readonly thumbprint: string;
  readonly model: string;
  /** The last scan that found it. Earlier than its node's last scan: it is not there any more. */
  readonly seenAt: Instant;
  /** The first scan of this stay that found it. */
  readonly arrivedAt: Instant;
  /** The last presence proof that held; `undefined`: none of this stay did. */
  readonly provedAt: Instant | undefined;
  /** It could be read, and the latest presence proof held, or the product asks for none. */
  readonly isProven: boolean;
  /** Verified licenses for this very key lie on it. */
  readonly hasLicense: boolean;
  /** The mark of this platform that its latest proof named (threat 18); `undefined`: it keeps none. */
  readonly mark: number | undefined;
  /** `undefined`: nothing is against it. */
  readonly problem: DeviceProblem | undefined;
  /** With LICENSE_REFUSED: the refusal's reason. */
  readonly licenseReason: string | undefined;
}

/** What one node said last. */
export interface NodeSight {
  readonly nodeId: string;
  /** When it said so: a node that repeats nothing is lost, whatever unsigned rows say of it. */
  readonly writtenAt: Instant;
  /** Its last completed scan; `undefined`: it has made none yet. */
  readonly scannedAt: Instant | undefined;
  /** Why it reads no keys; `undefined`: it does. Then the devices are those of its last scan before. */
  readonly unavailable: UnavailableReason | undefined;
  /** The latest scan request that it has answered. */
  readonly scanRequest: number;
  /** Those that are there, and those that were until lately. */
  readonly devices: readonly DeviceSight[];
}
