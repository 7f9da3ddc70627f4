/** Decides whether a package of verified licenses may be installed: all or nothing (ZC-AM-2), by LI-2 and LI-8. */
import { completeLicense } from "./complete.ts";
import { describeItem } from "./describe-item.ts";
import { judgeAgainstProfile } from "./judge.ts";
import { judgePackage } from "./judge-package.ts";
import type { Binding, Instant, License } from "./license.ts";
import { isBase, type Profile } from "./profile.ts";
import type { Refusal } from "./refusal.ts";
import { isUpgrade } from "./upgrades.ts";
import { displacedBy } from "./usb/taken.ts";
import { isSameKey, type UsbKeyName } from "./usb/usb-facts.ts";

/** One verified file of a package. */
export interface PackageFile {
  /** Name in the package, escaped and cut; empty for a bare license. */
  readonly fileName: string;
  readonly license: License;
}

/** Facts that only an upload needs. */
export interface AdmissionFacts {
  /** USB keys that are inserted now and prove themselves, on any node (ZC-AM-5). */
  readonly insertedUsbKeys: readonly UsbKeyName[];
}

/** One file of an admitted package. */
export interface AdmittedFile extends PackageFile {
  readonly outcome: "INSTALLED" | "ALREADY_INSTALLED";
}

/** The verdict on a package. */
export type Admission =
  | { readonly admitted: false; readonly refusals: readonly Refusal[] }
  | { readonly admitted: true; readonly files: readonly AdmittedFile[] };

/**
 * Judges a package against what is installed.
 *
 * @param installed completed licenses that are installed; `License` is enough
 * @param files verified files, in archive order; they are completed here
 * @returns the files in the order of LI-2, each license once; or every refusal, the deciding one first
 */
export function admitPackage(
  profile: Profile,
  installed: readonly License[],
  files: readonly PackageFile[],
  facts: AdmissionFacts,
  at: Instant,
): Admission {
  const known = [...installed];
  const refusals: Refusal[] = [];
  const admitted: AdmittedFile[] = [];
  for (const file of inOrderOfApplication(profile, files)) {
    if (installed.some(({ id }) => id === file.license.id)) {
      admitted.push({ ...file, outcome: "ALREADY_INSTALLED" });
      continue;
    }
    refusals.push(...judgeFile(profile, known, file, facts, at));
    known.push(file.license);
    admitted.push({ ...file, outcome: "INSTALLED" });
  }
  const licensesOf = (wanted: readonly AdmittedFile[]) => wanted.map(({ license }) => license);
  const fresh = licensesOf(admitted.filter(({ outcome }) => outcome === "INSTALLED"));
  const packed = licensesOf(admitted);
  const displaced = displacedBy(installed, packed);
  const kept = installed.filter((license) => !displaced.includes(license));
  refusals.push(...judgePackage(profile, { installed: kept, fresh, packed }, at));
  return refusals.length > 0 ? { admitted: false, refusals } : { admitted: true, files: admitted };
}

/** The files, completed: base, upgrades, others; within an item by `iat`, then `jti`; the same bytes count once (LI-2). */
export function inOrderOfApplication(
  profile: Profile,
  files: readonly PackageFile[],
): readonly PackageFile[] {
  const unique = new Map(files.toReversed().map((file) => [file.license.id, file]));
  return [...unique.values()]
    .map((file) => ({ ...file, license: completeLicense(profile, file.license) }))
    .sort((a, b) => compareLicenses(profile, a.license, b.license));
}

function compareLicenses(profile: Profile, a: License, b: License): number {
  return (
    rankOf(profile, a) - rankOf(profile, b) ||
    compareText(a.item, b.item) ||
    a.issuedAt - b.issuedAt ||
    compareText(a.jti, b.jti) ||
    compareText(a.id, b.id)
  );
}

function rankOf(profile: Profile, license: License): number {
  if (isUpgrade(license)) return 1;
  return isBase(profile, license.item) ? 0 : 2;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Every reason against one file that is not installed yet, in the order of LI-8. */
function judgeFile(
  profile: Profile,
  known: readonly License[],
  { fileName, license }: PackageFile,
  facts: AdmissionFacts,
  at: Instant,
): readonly Refusal[] {
  const refusals = [
    jtiReused(known, license),
    ...judgeAgainstProfile(profile, license, at),
    profile.usbKeys ? usbKeyNotThere(license, facts) : undefined,
    // Where licenses add up, an older one is one more of them, not one that a newer one replaced.
    profile.merge === "replacement" ? olderThanInstalled(known, license) : undefined,
  ];
  return refusals.filter((refusal) => refusal !== undefined).map((refusal) => ({ ...refusal, fileName }));
}

function jtiReused(known: readonly License[], license: License): Refusal | undefined {
  if (!known.some(({ issuer, jti }) => issuer === license.issuer && jti === license.jti)) return undefined;
  const message =
    "Another license of the same vendor and number is installed or in the package; ask the vendor for one with a number of its own.";
  return { reason: "JTI_REUSED", message, claim: "jti" };
}

function usbKeyNotThere({ binding }: License, { insertedUsbKeys }: AdmissionFacts): Refusal | undefined {
  if (binding.method !== "usb-key" || insertedUsbKeys.some((key) => isSameKey(key, binding)))
    return undefined;
  if (insertedUsbKeys.length === 0) {
    return {
      reason: "USB_KEY_NOT_INSERTED",
      message:
        "The license is for a USB key, and no key is inserted on any node; insert it and upload again.",
      claim: "sub",
    };
  }
  return {
    reason: "USB_KEY_MISMATCH",
    message: "The license is for another USB key than those inserted; insert its key and upload again.",
    claim: "sub",
  };
}

/** Older than one of the same item, edition, term and method, ended ones included (ZC-AM-6). */
function olderThanInstalled(known: readonly License[], license: License): Refusal | undefined {
  const newest = Math.max(
    ...known.filter((other) => isSameKind(other, license)).map(({ issuedAt }) => issuedAt),
  );
  if (!(license.issuedAt < newest)) return undefined;
  const message = `A license for ${describeItem(license)} issued at ${new Date(newest).toISOString()} is installed; this one was issued at ${new Date(license.issuedAt).toISOString()}, before it. Upload the newest license.`;
  return { reason: "OLDER_THAN_INSTALLED", message, claim: "iat" };
}

function isSameKind(a: License, b: License): boolean {
  return (
    a.item === b.item && a.edition === b.edition && a.term === b.term && isSameBinding(a.binding, b.binding)
  );
}

function isSameBinding(a: Binding, b: Binding): boolean {
  if (a.method === "usb-key") return b.method === "usb-key" && a.keyId === b.keyId;
  return b.method === "request-code";
}
