/** Takes the licenses that a USB key carries: inserting it licenses the platform with no upload (UK-ID-2). */
import { inOrderOfApplication } from "../domain/admit.ts";
import type { InstalledLicense } from "../domain/license.ts";
import type { Refusal } from "../domain/refusal.ts";
import { licensesOf } from "../domain/usb/presence.ts";
import { rememberTaken } from "../domain/usb/taken.ts";
import { isSameKey, type UsbKeyName } from "../domain/usb/usb-facts.ts";
import type { UsbKeyState, UsbState } from "../domain/usb/usb-state.ts";
import { ServiceError } from "../errors.ts";
import type { PackageReading, VerifiedFile } from "../license-file/read-package.ts";
import type { LicensingContext, Locked } from "./licensing-context.ts";
import { freshOf, type PackagePlan, placeFiles, planPackage } from "./plan-package.ts";
import { writePlan } from "./write-plan.ts";

/** A key that is read and proves itself, with what is on it. */
export interface KeyInPort {
  readonly name: UsbKeyName;
  /** The licenses on it, verified. */
  readonly reading: PackageReading;
  /** It was plugged in since its licenses were last taken: those that were deleted come back (LI-7). */
  readonly isArrival: boolean;
}

/** What taking came to. */
export interface TakenFromKey {
  /** What is remembered of keys then; the very same object: nothing new. The caller signs and writes it. */
  readonly state: UsbState;
  /** In the order of application (LI-2). */
  readonly installed: readonly InstalledLicense[];
  /** Every reason why nothing was taken, the deciding one first; empty: there is none. */
  readonly refusals: readonly Refusal[];
}

/**
 * Takes the licenses of one key within the caller's transaction, all or nothing. With something on it that was
 * never taken, what is on it replaces the key's set as an upload does (LI-2, UK-ID-3). Else nothing changes, but
 * for the return of deleted licenses with an arrival: with no further check, for the key's own bytes were
 * accepted before.
 *
 * @param usb what is remembered of the keys, changes of this transaction included
 * @throws ServiceError DATABASE_UNAVAILABLE
 */
export async function takeKeyLicenses(
  context: LicensingContext,
  locked: Locked,
  usb: UsbState,
  key: KeyInPort,
): Promise<TakenFromKey> {
  const { name, reading } = key;
  const refusals = [...reading.refusals, ...boundElsewhere(key)];
  if (refusals.length > 0) return { state: usb, installed: [], refusals };
  // A history that was lost knows less than the licenses themselves.
  const installedIds = licensesOf(locked.state.licenses, name).map(({ id }) => id);
  const known = rememberTaken(usb, name, { takenIds: installedIds, replacedIds: [] });
  const plan = planTaking(context, locked, known, key);
  if (plan === undefined) return { state: known, installed: [], refusals: [] };
  if ("refusals" in plan) return { state: usb, installed: [], refusals: plan.refusals };
  const refusal = await tryToWrite(context, locked, plan, reading.files);
  if (refusal.length > 0) return { state: usb, installed: [], refusals: refusal };
  return { state: plan.usb, installed: freshOf(plan.files), refusals: [] };
}

/** `undefined`: there is nothing to take. */
function planTaking(context: LicensingContext, locked: Locked, usb: UsbState, key: KeyInPort) {
  const { name, reading, isArrival } = key;
  const remembered = usb.keys.find((other) => isSameKey(other, name));
  const isUnseen = ({ license }: VerifiedFile) => remembered?.takenIds.includes(license.id) !== true;
  if (reading.files.some(isUnseen)) {
    return planPackage(context, locked, reading.files, { usb, inserted: [name] });
  }
  return isArrival && remembered !== undefined
    ? planReturn(context, locked, usb, reading.files, remembered)
    : undefined;
}

/** Brings back what was deleted, not what was replaced. */
function planReturn(
  context: LicensingContext,
  locked: Locked,
  usb: UsbState,
  files: readonly VerifiedFile[],
  { replacedIds }: UsbKeyState,
): PackagePlan | undefined {
  const { licenses, profile } = locked.state;
  const gone = files.filter(
    ({ license: { id } }) => !replacedIds.includes(id) && !licenses.some((other) => other.id === id),
  );
  if (gone.length === 0) return undefined;
  const returning = inOrderOfApplication(profile, gone).map(
    (file) => ({ ...file, outcome: "INSTALLED" }) as const,
  );
  return { files: placeFiles(context, locked, returning), replacedIds: [], usb };
}

/** Leaves nothing behind when a row that was edited by hand is in the way. */
async function tryToWrite(
  context: LicensingContext,
  locked: Locked,
  plan: PackagePlan,
  files: readonly VerifiedFile[],
): Promise<readonly Refusal[]> {
  try {
    await locked.tx.attempt(() => writePlan(context, locked, plan, files));
    return [];
  } catch (error) {
    if (error instanceof ServiceError && error.refusals.length > 0) return error.refusals;
    throw error;
  }
}

/** A key carries its own licenses only. */
function boundElsewhere({ name, reading }: KeyInPort): readonly Refusal[] {
  const own = licensesOf(
    reading.files.map(({ license }) => license),
    name,
  );
  const strange = reading.files.filter(({ license }) => !own.includes(license));
  return strange.map(({ fileName }) => ({
    reason: "USB_KEY_MISMATCH",
    message: "The license on the USB key is not for this key; ask the vendor for one that is.",
    claim: "sub",
    fileName,
  }));
}
