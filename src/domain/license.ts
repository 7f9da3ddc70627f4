import type { UsbKeyName } from "./usb/usb-facts.ts";

/** Milliseconds since 1970-01-01T00:00:00Z, whole. */
export type Instant = number;

/** Length of one day of a license term: terms are multiples of 24 h in UTC (rules, preamble). */
export const DAY_MS = 86_400_000;

/** The terms on which licenses are sold (LI-1). */
export const TERMS = ["trial", "paid", "temporary", "formal"] as const;

/** One of {@link TERMS}. */
export type Term = (typeof TERMS)[number];

/** What a license is bound to: the platform's key by its request code, or one USB key (LI-1 `sub` and `cnf`). */
export type Binding = { readonly method: "request-code" } | ({ readonly method: "usb-key" } & UsbKeyName);

/** The main item that carries editions; a profile may have others, for other architectures (US-ED-1). */
export const BASE_ITEM = "base";

/**
 * A license as its vendor signed it (LI-1): verified, parsed, not yet judged against a profile.
 */
export interface License {
  /** UUID derived from the signed bytes: the same bytes have the same id everywhere. */
  readonly id: string;
  /** Vendor, claim `iss`. */
  readonly issuer: string;
  /** License number, claim `jti`: unique per issuer. */
  readonly jti: string;
  /** Name of the product profile it is for. */
  readonly profile: string;
  /** A base item, or a module or service item of the profile. */
  readonly item: string;
  /** Edition, for items that have editions. */
  readonly edition: string | undefined;
  readonly term: Term;
  /** For an upgrade license: the edition that it lifts. */
  readonly fromEdition: string | undefined;
  readonly binding: Binding;
  /** Claim `iat`. */
  readonly issuedAt: Instant;
  /** First instant of the window: claim `nbf`, else `iat`. */
  readonly startsAt: Instant;
  /** End of the window, itself outside; claim `exp`. `undefined`: no end. */
  readonly endsAt: Instant | undefined;
  /** What it grants of each unit. A unit that is not named is not limited by it. */
  readonly quotas: ReadonlyMap<string, bigint>;
  /** End of the after-sales service that it carries. */
  readonly serviceEndsAt: Instant | undefined;
  readonly customer: string;
  readonly productName: string;
  readonly contractNumber: string;
  readonly authorizationCode: string;
}

/** A license that is installed on this platform. */
export interface InstalledLicense extends License {
  /** Place in the order of uploads, from 1, never given twice (LI-2). */
  readonly uploadSequence: number;
  readonly uploadedAt: Instant;
  /** Node that took the upload. */
  readonly uploadedByNodeId: string;
  /** When its USB key carries it. Absent: it is bound to no key, or to one that gives its rights. */
  readonly carried?: CarriedSpan | undefined;
}

/** A span of time: the first instant is in it, the end is not; one that ends before it begins is empty. */
export interface Span {
  readonly from: Instant;
  readonly until: Instant;
}

/** When a license is carried while its USB key is not seen to be there. */
export interface CarriedSpan extends Span {
  /** A buffer; the time that the key may go unseen while nobody looks for it; or nothing, so that the span is empty. */
  readonly by: "BUFFER" | "UNWATCHED" | "NONE";
}

/** What a license needs to run. */
type Runnable = License & Pick<InstalledLicense, "carried">;

/** How a license stands by itself, other licenses left out of account. */
export type LicensePhase = "PENDING" | "RUNNING" | "USB_KEY_LOST" | "ENDED";

/** A license that would run if its USB key were there has lost its key (LI-4). */
export function phaseAt(license: Runnable, at: Instant): LicensePhase {
  if (hasEndedAt(license, at)) return "ENDED";
  if (at < license.startsAt) return "PENDING";
  return isCarriedAt(license, at) ? "RUNNING" : "USB_KEY_LOST";
}

/** A license runs while its window and what it is bound to carry it (LI-3). */
export function runsAt(license: Runnable, at: Instant): boolean {
  return isCarriedAt(license, at) && isInWindowAt(license, at);
}

/** Whether what a license is bound to carries it, be it in its window or not. */
export function isCarriedAt({ carried }: Pick<InstalledLicense, "carried">, at: Instant): boolean {
  return carried === undefined || (carried.from <= at && at < carried.until);
}

/** Id of the USB key that a license is bound to; `undefined`: it is bound to the platform's key. */
export function keyIdOf({ binding }: License): string | undefined {
  return binding.method === "usb-key" ? binding.keyId : undefined;
}

/** When a license runs: its window, as far as it is carried. */
export function runSpanOf({ startsAt, endsAt = Number.POSITIVE_INFINITY, carried }: Runnable): Span {
  if (carried === undefined) return { from: startsAt, until: endsAt };
  return { from: Math.max(startsAt, carried.from), until: Math.min(endsAt, carried.until) };
}

/** Instants at which the phase of a license changes, in any order: those of its window, and those of its carry within it. */
export function boundariesOfLicense(license: Runnable): readonly Instant[] {
  const { startsAt, endsAt, carried } = license;
  const ofWindow = endsAt === undefined ? [startsAt] : [startsAt, endsAt];
  if (carried === undefined) return ofWindow;
  const { from, until } = runSpanOf(license);
  return from < until ? [...ofWindow, from, until].filter(Number.isFinite) : ofWindow;
}

/** End of the buffer that carries a license at an instant (UK-BU-2); `undefined`: none does. */
export function bufferEndAt(license: Runnable, at: Instant): Instant | undefined {
  const { carried } = license;
  return carried?.by === "BUFFER" && runsAt(license, at) ? carried.until : undefined;
}

/** The first instant of a window is inside it, its end is not. */
export function isInWindowAt(license: License, at: Instant): boolean {
  return license.startsAt <= at && !hasEndedAt(license, at);
}

/** A license has ended at its end instant. */
export function hasEndedAt(license: License, at: Instant): boolean {
  return license.endsAt !== undefined && license.endsAt <= at;
}
