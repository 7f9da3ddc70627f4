/**
 * What the database says, believed as far as it verifies. All rights come from signed bytes (EV-8): a
 * row that does not verify counts as its narrower state and raises an alert.
 */
import { isDeepStrictEqual } from "node:util";
import { completeLicense } from "../domain/complete.ts";
import type { PlatformFacts, Usage } from "../domain/facts.ts";
import type { InstalledLicense, License } from "../domain/license.ts";
import type { Profile } from "../domain/profile.ts";
import type { PutOff } from "../domain/put-off.ts";
import { carry } from "../domain/usb/carry.ts";
import { type UnwatchedKey, watchedFacts } from "../domain/usb/unwatched.ts";
import { NO_USB_KEYS } from "../domain/usb/usb-facts.ts";
import { NO_USB_STATE, type UsbState, usbFactsOf } from "../domain/usb/usb-state.ts";
import type {
  Revision,
  StoredLicense,
  StoredReacquisition,
  StoredState,
  StoredUsage,
} from "../store/types.ts";
import { type Alert, standingAlerts, type TrustFacts, usbHistoryAlerts } from "./alert.ts";
import type { RowVerifier } from "./row-verifier.ts";

/** A row that does not verify. */
export interface TamperedRow {
  readonly table: "licenses" | "platform" | "reacquisitions" | "usb_state";
  /** Id of the row; empty: the table has but one. */
  readonly id: string;
  /** What is wrong, in one sentence. */
  readonly problem: string;
  /** What to do about it, in one sentence. */
  readonly remedy: string;
}

/** An installed license that gives nothing, because its bytes or its sequence row do not verify. */
export interface UnverifiedLicense {
  readonly stored: StoredLicense;
  /** What the bytes say, where they are the vendor's and only the sequence row is not ours. */
  readonly license: License | undefined;
}

/** One verified state of the store: everything that an evaluation needs, but the instant. */
export interface LicenseState {
  readonly revision: Revision;
  /** Names the committed state, where a revision only counts. */
  readonly revisionId: string;
  readonly profile: Profile;
  readonly facts: PlatformFacts;
  /** What is in use by meter, as far as it was read (EV-1). */
  readonly usage: Usage;
  /** Counts changes of usage, apart from those of licenses. */
  readonly usageRevision: bigint;
  /** Node that made the platform (ZV-RE-1). */
  readonly primaryNodeId: string;
  /** Verified and completed licenses, ascending by upload sequence. */
  readonly licenses: readonly InstalledLicense[];
  /** Licenses that give nothing, ascending by upload sequence as stored. */
  readonly unverified: readonly UnverifiedLicense[];
  /** Rows that do not verify, those of licenses among them. */
  readonly tampered: readonly TamperedRow[];
  /** Alerts that follow from the rows themselves; those of licenses and usage depend on the instant. */
  readonly alerts: readonly Alert[];
  /** What is remembered of USB keys; `undefined`: it does not verify, so that no key gives anything (EV-8). */
  readonly usb: UsbState | undefined;
  /** Reminders that were put off, those whose day is over included. */
  readonly putOffs: readonly PutOff[];
  /** The rows as they were read, for who keeps them; nothing is to be believed of them. */
  readonly stored: StoredState;
}

/** What does not change while the process lives. */
export interface StateContext {
  readonly profile: Profile;
  readonly productVersion: string | undefined;
  readonly trust: TrustFacts;
  readonly rows: RowVerifier;
}

/** Verifies a stored state. Never throws for what the rows hold. */
export async function readLicenseState(context: StateContext, stored: StoredState): Promise<LicenseState> {
  const { profile, rows, trust, productVersion } = context;
  const checked = await Promise.all(stored.licenses.map((row) => readLicense(context, row)));
  const firstStart = await readFirstStart(rows, stored);
  const reacquired = await Promise.all(stored.reacquisitions.map((row) => readReacquisition(rows, row)));
  const usb = await readUsb(rows, stored);
  rows.keepOnly(stored);
  const tampered = [
    ...firstStart.tampered,
    ...[...checked, ...reacquired, usb].flatMap((row) => row.tampered ?? []),
  ];
  const reacquiredAt = reacquired.flatMap(({ at }) => at ?? []);
  const usbFacts = usb.state === undefined ? NO_USB_KEYS : usbFactsOf(usb.state);
  return {
    revision: stored.revision,
    revisionId: stored.revisionId,
    profile,
    facts: { firstStartAt: firstStart.at, productVersion, reacquiredAt, usb: usbFacts },
    ...usageOf(stored.usage),
    primaryNodeId: stored.platform.primaryNodeId,
    licenses: checked.flatMap(({ installed }) => (installed === undefined ? [] : carry(installed, usbFacts))),
    unverified: checked.flatMap(({ unverified }) => unverified ?? []),
    tampered,
    alerts: [...standingAlerts(trust, stored.restores, tampered), ...usbHistoryAlerts(usb.state)],
    usb: usb.state,
    putOffs: stored.putOffs,
    stored,
  };
}

/** The same state with what is in use now. */
export function withUsage(state: LicenseState, usage: StoredUsage): LicenseState {
  return { ...state, ...usageOf(usage), stored: { ...state.stored, usage } };
}

/** The same state, with what its USB keys give while nobody looks at some of them. */
export function withUnwatched(state: LicenseState, unwatched: readonly UnwatchedKey[]): LicenseState {
  if (state.usb === undefined) return state;
  const usb = watchedFacts(state.usb, state.licenses, unwatched);
  if (isDeepStrictEqual(usb, state.facts.usb)) return state;
  const licenses = state.licenses.map((license) => carry(license, usb));
  return { ...state, facts: { ...state.facts, usb }, licenses };
}

function usageOf({ revision, totals }: StoredUsage): Pick<LicenseState, "usage" | "usageRevision"> {
  return { usage: totals, usageRevision: revision };
}

interface CheckedLicense {
  readonly installed?: InstalledLicense;
  readonly unverified?: UnverifiedLicense;
  readonly tampered?: TamperedRow;
}

async function readLicense({ profile, rows }: StateContext, stored: StoredLicense): Promise<CheckedLicense> {
  const verified = await rows.verifyLicense(stored.signedBytes);
  if ("refusal" in verified) {
    return unverified(stored, undefined, `its signed bytes are refused (${verified.refusal.reason})`);
  }
  const { license } = verified;
  if (license.id !== stored.id) return unverified(stored, undefined, "its row holds another license");
  if (!(await rows.isSequenceSigned(stored))) {
    return unverified(stored, license, "its upload sequence is not the one that was signed");
  }
  const { uploadSequence, uploadedAt, uploadedByNodeId } = stored;
  return {
    installed: { ...completeLicense(profile, license), uploadSequence, uploadedAt, uploadedByNodeId },
  };
}

function unverified(stored: StoredLicense, license: License | undefined, what: string): CheckedLicense {
  const tampered: TamperedRow = {
    table: "licenses",
    id: stored.id,
    problem: `License ${stored.id} gives nothing: ${what}.`,
    remedy: "Find out who changed the database; then delete the license by its id and upload its file again.",
  };
  return { unverified: { stored, license }, tampered };
}

/** The first start, if it is the one that this platform signed; else every trial counts as over (EV-8). */
async function readFirstStart(
  rows: RowVerifier,
  { platform }: StoredState,
): Promise<{ at: number | undefined; tampered: readonly TamperedRow[] }> {
  if (await rows.isFirstStartSigned(platform)) return { at: platform.firstStartAt, tampered: [] };
  const tampered: TamperedRow = {
    table: "platform",
    id: "",
    problem: "The first start of the platform is not the one that was signed; trials count as over.",
    remedy: "Find out who changed the database, and restore the row from a backup.",
  };
  return { at: undefined, tampered: [tampered] };
}

/** A re-acquisition that does not verify did not happen (EV-8): a lock that it lifted stands again. */
async function readReacquisition(
  rows: RowVerifier,
  stored: StoredReacquisition,
): Promise<{ readonly at?: number; readonly tampered?: TamperedRow }> {
  if (await rows.isReacquisitionSigned(stored)) return { at: stored.reacquiredAt };
  const tampered: TamperedRow = {
    table: "reacquisitions",
    id: stored.id,
    problem: `Re-acquisition ${stored.id} of the licenses is not the one that was signed; it counts as not made.`,
    remedy:
      "Find out who changed the database, and restore the row from a backup or delete it; if the platform is locked, reload the licenses.",
  };
  return { tampered };
}

/**
 * The state of the USB keys. One that does not verify, or was taken away, counts as none: no key gives its rights,
 * none has a buffer. Who kept the rows before there were keys knew of none.
 */
async function readUsb(
  rows: RowVerifier,
  stored: StoredState,
): Promise<{ readonly state?: UsbState; readonly tampered?: TamperedRow }> {
  if (stored.usbState === null) return { state: NO_USB_STATE };
  const state = await rows.readUsbState(stored);
  if (state !== undefined) return { state };
  const tampered: TamperedRow = {
    table: "usb_state",
    id: "",
    problem:
      "The history of the USB keys is not the one that was signed last; no key gives its rights, and none has a buffer.",
    remedy:
      "Find out who changed the database. The server writes a new history at its next look at the keys; those that are there give their rights again, and have no buffer for 60 days.",
  };
  return { tampered };
}

/**
 * Whether the rows of two states are the same; under one revision they differ after an edit by hand only.
 * Usage has a revision of its own.
 */
export function hasSameRows(a: LicenseState, b: LicenseState): boolean {
  return isDeepStrictEqual(rowsOf(a.stored), rowsOf(b.stored));
}

function rowsOf({ platform, licenses, reacquisitions, putOffs, usbState }: StoredState) {
  return { platform, licenses, reacquisitions, putOffs, usbState };
}
