/** Writes what a package comes to, all of it or, by the transaction, nothing. */
import type { InstalledLicense } from "../domain/license.ts";
import { ServiceError } from "../errors.ts";
import type { VerifiedFile } from "../license-file/read-package.ts";
import { signRow } from "../platform/signed-row.ts";
import { sequencePayload } from "../snapshot/signed-rows.ts";
import { stateOf } from "../store/database-errors.ts";
import type { LicensingContext, Locked } from "./licensing-context.ts";
import { freshOf, type PackagePlan } from "./plan-package.ts";
import { writeReacquisition } from "./reacquire.ts";

/** SQLSTATE: a value that must be unique is there already. */
const UNIQUE_VIOLATION = "23505";

/**
 * Removes what is replaced and installs what is new. What is remembered of USB keys is for the caller to write.
 *
 * @param files where the licenses of the plan come from
 * @throws ServiceError JTI_REUSED when a row that does not verify holds the number of one.
 */
export async function writePlan(
  context: LicensingContext,
  locked: Locked,
  plan: PackagePlan,
  files: readonly VerifiedFile[],
): Promise<void> {
  const { tx, state } = locked;
  const signedBytes = new Map(files.map((file) => [file.license.id, file.signedBytes]));
  const fresh = freshOf(plan.files);
  if (state.profile.locks && fresh.length > 0) await writeReacquisition(context, locked);
  for (const id of plan.replacedIds) await tx.deleteLicense(id, "replaced");
  for (const license of fresh) {
    const { id } = license;
    if (state.unverified.some(({ stored }) => stored.id === id)) await tx.deleteLicense(id, "deleted");
    const bytes = signedBytes.get(id);
    if (bytes === undefined) throw new Error(`license ${id} was admitted, but is not in its package`);
    await install(context, locked, license, bytes);
  }
}

async function install(
  { platformKey, nodeId }: LicensingContext,
  { tx }: Locked,
  license: InstalledLicense,
  signedBytes: string,
): Promise<void> {
  const { id, uploadSequence, uploadedAt } = license;
  const payload = sequencePayload(id, uploadSequence, tx.nextRevision.revision);
  const sequenceJws = await signRow(platformKey, "upload-sequence", payload);
  await refusingReusedNumber(
    tx.installLicense({ license, signedBytes, uploadSequence, sequenceJws, uploadedAt, nodeId }),
  );
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
