/**
 * The answer of the evaluation: what a platform may do at one instant, and why. The vocabulary is
 * that of rules section 7.
 */
import type { InstalledLicense, Instant } from "./license.ts";

/** States from the narrowest to the widest. */
export const CAPABILITY_STATES = ["DISABLED", "VIEW_ONLY", "RESTRICTED", "ENABLED"] as const;
export type CapabilityState = (typeof CAPABILITY_STATES)[number];

/** Operation classes, in the order of the contract. */
export const OPERATION_CLASSES = [
  "VIEW",
  "STOP",
  "DELETE",
  "MIGRATE_AWAY",
  "START",
  "RECONNECT",
  "CREATE",
  "EXPAND",
  "LOGIN",
] as const;
export type OperationClass = (typeof OPERATION_CLASSES)[number];

/** The ways back: never blocked by any license state (NS-1). */
export const WAYS_BACK = ["STOP", "DELETE", "MIGRATE_AWAY"] as const satisfies readonly OperationClass[];

export const ENTRY_VISIBILITIES = ["SHOWN", "LOCKED", "HIDDEN"] as const;
export type EntryVisibility = (typeof ENTRY_VISIBILITIES)[number];

/** Reasons; those that can tie are in the order in which the first one wins (rules section 7). */
export const CAPABILITY_REASONS = [
  "GRANTED",
  "PLATFORM_LOCKED",
  "OVER_QUOTA",
  "USB_KEY_LOST",
  "EXPIRED",
  "BASE_EXPIRED",
  "PENDING",
  "PREREQUISITE_NOT_MET",
  "VERSION_UNKNOWN",
  "BASE_MISSING",
  "NOT_LICENSED",
  "UNKNOWN_CAPABILITY",
] as const;
export type CapabilityReason = (typeof CAPABILITY_REASONS)[number];

export type CapabilityDomain = "compute" | "storage" | "network" | "platform";

/** One row of the table of section 7: what a situation allows. */
export interface Outcome {
  readonly state: CapabilityState;
  readonly reason: CapabilityReason;
  /** Allowed operation classes, in the order of {@link OPERATION_CLASSES}. */
  readonly operations: readonly OperationClass[];
  readonly entry: EntryVisibility;
}

/** Reading of one meter. */
export interface MeterReading {
  /** "<item>/<unit>". */
  readonly key: string;
  readonly unit: string;
  /** `undefined`: unlimited. */
  readonly limit: bigint | undefined;
  readonly used: bigint;
  /** Never below zero; `undefined`: unlimited (EV-7). */
  readonly available: bigint | undefined;
  readonly over: boolean;
}

/** What the platform may do with one capability. */
export interface CapabilityDecision extends Outcome {
  readonly key: string;
  /** `undefined`: the profile does not have the capability. */
  readonly domain: CapabilityDomain | undefined;
  readonly meters: readonly MeterReading[];
  /** Ids of the deciding licenses, ascending (EV-5). */
  readonly licenseIds: readonly string[];
  /** Since when the outcome is as it is, by the licenses of now; `undefined`: since always. */
  readonly effectiveAt: Instant | undefined;
  /** When the outcome changes next, successors counted; `undefined`: never. */
  readonly expiresAt: Instant | undefined;
  /** The outcome from {@link expiresAt} on. */
  readonly next: Outcome | undefined;
  /** The first end of a buffer that carries one of the deciding licenses while its USB key is away; `undefined`: none does. */
  readonly bufferEndsAt: Instant | undefined;
}

/** What an installed license is worth at the instant (ZV-RE-1). */
export type LicenseStatus = "VALID" | "PENDING" | "EXPIRED" | "REPLACED" | "USB_KEY_LOST";

/** An installed license with its worth. */
export interface LicenseStanding {
  readonly license: InstalledLicense;
  readonly status: LicenseStatus;
  readonly expired: boolean;
}

/** How one item stands: which licenses speak for it (LI-3, LI-4, US-TE-4). */
export interface ItemStanding {
  readonly item: string;
  readonly situation: "RUNNING" | "USB_KEY_LOST" | "EXPIRED" | "PENDING" | "NOT_LICENSED";
  /** The license that decides or is shown: of several that count the highest upload sequence; `undefined` only for NOT_LICENSED. */
  readonly license: InstalledLicense | undefined;
  /** Licenses that count now, ascending by upload sequence: one under replacement, all that run under sum. Upgrades are not among them. */
  readonly counting: readonly InstalledLicense[];
  /** For base items: the edition of {@link license}, upgrades that have started counted (US-UP-1). */
  readonly edition: string | undefined;
}

/** How a base item stands beside its licenses: whether the no-license state speaks for it. */
export interface BaseStanding extends ItemStanding {
  /** "NO_LICENSE": the no-license state counts for it; "NONE": nothing does. */
  readonly by: "LICENSE" | "NO_LICENSE" | "NONE";
  /** Whether its rights run now, the lock left out of account. */
  readonly isRunning: boolean;
}

/** A lock: a temporary license ended while others of its item run on (US-TE-4, US-TE-5). */
export interface Lock {
  /** The end of {@link ended}. */
  readonly since: Instant;
  readonly item: string;
  readonly ended: InstalledLicense;
}

/** A term of after-sales service (ZC-PL-6). */
export interface AfterSalesService {
  /** The service item, or the base item when the base license carries the service. */
  readonly item: string;
  readonly license: InstalledLicense;
  /** `undefined`: no end. */
  readonly endsAt: Instant | undefined;
  readonly expired: boolean;
}

/** Everything the platform may do at one instant. A pure value: same inputs, same answer (EV-3). */
export interface Evaluation {
  readonly at: Instant;
  /** Next instant at which any capability answer changes; constant until then (EV-2). */
  readonly nextChangeAt: Instant | undefined;
  /** ZV-ST-1. */
  readonly status: "VALID" | "EXPIRED" | "LOCKED";
  /** Edition of {@link base}; the no-license edition while that counts for it. */
  readonly edition: string;
  /** How the main base stands: the first of {@link bases} that has a license which started, else the first. */
  readonly base: BaseStanding;
  /** Every base of the profile. */
  readonly bases: readonly BaseStanding[];
  /** The no-license state speaks for {@link base}. */
  readonly noLicenseInForce: boolean;
  /** The lock that stands. */
  readonly lock: Lock | undefined;
  /** The lock that comes next if nobody re-acquires in between; `since` lies after {@link at}. */
  readonly nextLock: Lock | undefined;
  /** After-sales service in force or last in force; `undefined`: there never was one. */
  readonly service: AfterSalesService | undefined;
  /** How every item of the profile but the bases stands, by item. */
  readonly items: ReadonlyMap<string, ItemStanding>;
  /** Every capability of the profile, ascending by key. */
  readonly capabilities: readonly CapabilityDecision[];
  /** Every installed license, ascending by upload sequence. */
  readonly licenses: readonly LicenseStanding[];
  /** Every meter of the profile, ascending by key. */
  readonly meters: readonly MeterReading[];
}
