import { type AdmittedFile, admitPackage } from "../domain/admit.ts";
import type { PlatformInput } from "../domain/facts.ts";
import type { InstalledLicense, Instant, License } from "../domain/license.ts";
import type { RefusalReason } from "../domain/refusal.ts";
import { ServiceError } from "../errors.ts";
import { type PackageReading, readPackage } from "../license-file/read-package.ts";
import { signRow } from "../platform/signed-row.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import { sequencePayload } from "../snapshot/signed-rows.ts";
import { stateOf } from "../store/database-errors.ts";
import type { Revision } from "../store/types.ts";
import { type Consequences, consequencesOf } from "./consequences.ts";
import { changeLicenses, type LicensingContext, type Locked } from "./licensing-context.ts";
import { writeReacquisition } from "./reacquire.ts";
import { refused } from "./refused.ts";

/** What became of one license of a package. */
export interface InstalledFile {
  /** File in the package, escaped and cut; empty: the upload was a license itself. */
  readonly fileName: string;
  readonly license: InstalledLicense;
  readonly outcome: AdmittedFile["outcome"];
}

/** What an upload came to, or would come to. */
export interface Installed {
  /** The revision from which on it counts; of a dry run that of now. */
  readonly revision: Revision;
  /** In the order of application (LI-2). */
  readonly files: readonly InstalledFile[];
  readonly consequences: Consequences;
}

/** SQLSTATE: a value that must be unique is there already. */
const UNIQUE_VIOLATION = "23505";

/** No USB keys are read: licenses for them are refused (ZC-AM-5). */
const NO_USB_KEYS = { insertedUsbKeys: [] };

/** Reasons that look at the package as a whole: with a broken file left out they could be wrong. */
const WHOLE_PACKAGE: readonly RefusalReason[] = ["EDITION_CONFLICT", "UPGRADE_MISMATCH", "BASE_MISSING"];

/**
 * Installs a package, all or nothing (ZC-AM-2); what is installed already changes nothing (LI-2). A
 * dry run judges and answers the same, and leaves out the writing at the very end.
 *
 * @throws ServiceError with the deciding reason of LI-8, or DATABASE_UNAVAILABLE
 */
export async function installPackage(
  context: LicensingContext,
  packageBytes: Uint8Array,
  isDryRun: boolean,
): Promise<Installed> {
  const { trust, expected, limits } = context;
  const reading = await readPackage(packageBytes, trust, expected, limits);
  if (reading.refusals.length > 0) throw brokenPackage(context, reading);
  const { result, revision } = await changeLicenses(context, async (locked) => {
    const plan = planInstallation(context, reading, locked);
    if (!isDryRun) await install(context, plan.files, reading, locked);
    return plan;
  });
  return { ...result, revision };
}

/** Every reason: those of the bytes first, then those of the files that could be read (LI-8). */
function brokenPackage({ hub, clock, state: { profile } }: LicensingContext, reading: PackageReading) {
  const { state } = hub.current();
  const admission = admitPackage(
    profile,
    installedBeside(state, reading),
    reading.files,
    NO_USB_KEYS,
    clock.now(),
  );
  const others = admission.admitted ? [] : admission.refusals;
  return refused([...reading.refusals, ...others.filter(({ reason }) => !WHOLE_PACKAGE.includes(reason))]);
}

function planInstallation(
  { nodeId, state: { profile } }: LicensingContext,
  reading: PackageReading,
  { tx, state, at }: Locked,
): Omit<Installed, "revision"> {
  const admission = admitPackage(profile, installedBeside(state, reading), reading.files, NO_USB_KEYS, at);
  if (!admission.admitted) throw refused(admission.refusals);
  const installed = new Map(state.licenses.map((license) => [license.id, license]));
  const files = admission.files.map(({ fileName, license, outcome }): InstalledFile => {
    const known = installed.get(license.id);
    if (known !== undefined) return { fileName, license: known, outcome };
    const place = { uploadSequence: tx.nextUploadSequence(), uploadedAt: at, uploadedByNodeId: nodeId };
    return { fileName, license: { ...license, ...place }, outcome };
  });
  return { files, consequences: consequencesOf(profile, state, stateAfter(state, files, at), at) };
}

/** The licenses and facts after the upload, which re-acquires if it installs something (US-TE-6). */
function stateAfter(
  { profile, licenses, facts, usage }: LicenseState,
  files: readonly InstalledFile[],
  at: Instant,
): PlatformInput {
  const fresh = freshOf(files);
  const isReacquiring = profile.locks && fresh.length > 0;
  const reacquiredAt = isReacquiring ? [...facts.reacquiredAt, at] : facts.reacquiredAt;
  return { licenses: [...licenses, ...fresh], facts: { ...facts, reacquiredAt }, usage };
}

/**
 * What a package is judged against. A license that does not verify gives nothing, but still refuses
 * what it would refuse (narrower, EV-8); its own bytes in the package repair it.
 */
function installedBeside(state: LicenseState, { files }: PackageReading): readonly License[] {
  const uploaded = new Set(files.map(({ license }) => license.id));
  const others = state.unverified.flatMap(({ license }) => license ?? []);
  return [...state.licenses, ...others.filter(({ id }) => !uploaded.has(id))];
}

function freshOf(files: readonly InstalledFile[]): readonly InstalledLicense[] {
  return files.filter(({ outcome }) => outcome === "INSTALLED").map(({ license }) => license);
}

async function install(
  context: LicensingContext,
  files: readonly InstalledFile[],
  reading: PackageReading,
  locked: Locked,
): Promise<void> {
  const { platformKey, nodeId } = context;
  const { tx, state } = locked;
  const signedBytes = new Map(reading.files.map((file) => [file.license.id, file.signedBytes]));
  const fresh = freshOf(files);
  if (state.profile.locks && fresh.length > 0) await writeReacquisition(context, locked);
  for (const license of fresh) {
    const { id, uploadSequence, uploadedAt } = license;
    if (state.unverified.some(({ stored }) => stored.id === id)) await tx.deleteLicense(id, "deleted");
    const payload = sequencePayload(id, uploadSequence, tx.nextRevision.revision);
    const sequenceJws = await signRow(platformKey, "upload-sequence", payload);
    const bytes = signedBytes.get(id);
    if (bytes === undefined) throw new Error(`license ${id} was admitted, but is not in its package`);
    await refusingReusedNumber(
      tx.installLicense({ license, signedBytes: bytes, uploadSequence, sequenceJws, uploadedAt, nodeId }),
    );
  }
}

/** A row that was edited by hand can hold a license number that no verified license has. */
async function refusingReusedNumber(installing: Promise<void>): Promise<void> {
  try {
    await installing;
  } catch (error) {
    if (stateOf(error) !== UNIQUE_VIOLATION) throw error;
    const message =
      "A row of the database that does not verify holds the number of this license; see the alerts of GetLicenseInfo, and delete that license first.";
    const refusals = [{ reason: "JTI_REUSED", message }] as const;
    throw new ServiceError("JTI_REUSED", message, { refusals, cause: error });
  }
}
