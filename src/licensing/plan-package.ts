/** What a package comes to, decided while nobody else writes, and written by `writePlan` alone. */
import { type AdmittedFile, admitPackage } from "../domain/admit.ts";
import type { PlatformInput } from "../domain/facts.ts";
import type { InstalledLicense, Instant, License } from "../domain/license.ts";
import type { Refusal } from "../domain/refusal.ts";
import { carry } from "../domain/usb/carry.ts";
import { licensesOf } from "../domain/usb/presence.ts";
import { displacedBy, keysOf, rememberTaken } from "../domain/usb/taken.ts";
import { NO_USB_KEYS, type UsbKeyName } from "../domain/usb/usb-facts.ts";
import type { UsbState } from "../domain/usb/usb-state.ts";
import type { VerifiedFile } from "../license-file/read-package.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import type { LicensingContext, Locked } from "./licensing-context.ts";

/** What becomes of one license of a package. */
export interface InstalledFile {
  /** File in the package, escaped and cut; empty: the upload was a license itself. */
  readonly fileName: string;
  /** Carried as its USB key, if it has one, carries it now. */
  readonly license: InstalledLicense;
  readonly outcome: AdmittedFile["outcome"];
}

/** What a package comes to. */
export interface PackagePlan {
  /** In the order of application (LI-2). */
  readonly files: readonly InstalledFile[];
  /** Ids of installed licenses that leave because the package brings new ones for their USB key (UK-ID-3). */
  readonly replacedIds: readonly string[];
  /** What is remembered of USB keys then; the very same object: nothing new. */
  readonly usb: UsbState;
}

/** The USB keys that a package is planned with. */
export interface PlannedKeys {
  /** What is remembered of them before it. */
  readonly usb: UsbState;
  /** Those that are inserted and prove themselves (ZC-AM-5). */
  readonly inserted: readonly UsbKeyName[];
}

/** Judges a package and says what it comes to; or every reason against it, the deciding one first (LI-8). */
export function planPackage(
  context: LicensingContext,
  locked: Locked,
  files: readonly VerifiedFile[],
  { usb, inserted }: PlannedKeys,
): PackagePlan | { readonly refusals: readonly Refusal[] } {
  const { state, at } = locked;
  const installed = installedBeside(state, files);
  const admission = admitPackage(state.profile, installed, files, { insertedUsbKeys: inserted }, at);
  if (!admission.admitted) return { refusals: admission.refusals };
  const packed = admission.files.map(({ license }) => license);
  const displaced = displacedBy(installed, packed);
  return {
    files: placeFiles(context, locked, admission.files),
    replacedIds: displaced.map(({ id }) => id),
    usb: keysOf(freshOf(admission.files)).reduce(
      (after, key) =>
        rememberTaken(after, key, {
          takenIds: idsFor(key, [...installed, ...packed], displaced),
          replacedIds: idsFor(key, displaced, []),
        }),
      usb,
    ),
  };
}

/** Gives a place in the order of uploads to what is not installed yet. */
export function placeFiles(
  { nodeId }: LicensingContext,
  { tx, state, at }: Locked,
  files: readonly AdmittedFile[],
): readonly InstalledFile[] {
  const installed = new Map(state.licenses.map((license) => [license.id, license]));
  return files.map(({ fileName, license, outcome }) => {
    const known = installed.get(license.id);
    if (known !== undefined) return { fileName, license: known, outcome };
    const place = { uploadSequence: tx.nextUploadSequence(), uploadedAt: at, uploadedByNodeId: nodeId };
    return { fileName, license: carry({ ...license, ...place }, state.facts.usb ?? NO_USB_KEYS), outcome };
  });
}

/** The licenses and facts after a package, which re-acquires if it installs something (US-TE-6). */
export function stateAfter(
  { profile, licenses, facts, usage }: LicenseState,
  { files, replacedIds }: PackagePlan,
  at: Instant,
): PlatformInput {
  const fresh = freshOf(files);
  const isReacquiring = profile.locks && fresh.length > 0;
  const reacquiredAt = isReacquiring ? [...facts.reacquiredAt, at] : facts.reacquiredAt;
  const kept = licenses.filter(({ id }) => !replacedIds.includes(id));
  return { licenses: [...kept, ...fresh], facts: { ...facts, reacquiredAt }, usage };
}

/**
 * What a package is judged against. A license that does not verify gives nothing, but still refuses
 * what it would refuse (narrower, EV-8); its own bytes in the package repair it.
 */
export function installedBeside(state: LicenseState, files: readonly VerifiedFile[]): readonly License[] {
  const uploaded = new Set(files.map(({ license }) => license.id));
  const others = state.unverified.flatMap(({ license }) => license ?? []);
  return [...state.licenses, ...others.filter(({ id }) => !uploaded.has(id))];
}

/** The licenses that a package installs. */
export function freshOf<L extends License>(
  files: readonly { readonly license: L; readonly outcome: AdmittedFile["outcome"] }[],
): readonly L[] {
  return files.filter(({ outcome }) => outcome === "INSTALLED").map(({ license }) => license);
}

function idsFor(key: UsbKeyName, licenses: readonly License[], without: readonly License[]): string[] {
  return licensesOf(licenses, key).flatMap((license) => (without.includes(license) ? [] : license.id));
}
