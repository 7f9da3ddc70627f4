/** Re-acquires the licenses, which lifts the locks that began before (US-TE-6). */
import { signRow } from "../platform/signed-row.ts";
import { reacquisitionPayload } from "../snapshot/signed-rows.ts";
import { evaluateState } from "../snapshot/snapshot.ts";
import { changeLicenses, type LicensingContext, type Locked } from "./licensing-context.ts";

/**
 * Re-acquires if the platform is locked; if it is not, that has no effect and writes nothing.
 *
 * @returns whether it did.
 * @throws ServiceError DATABASE_UNAVAILABLE
 */
export async function reacquireIfLocked(context: LicensingContext): Promise<boolean> {
  const { hub } = context;
  // Asked of memory first, so that the reloads of a platform that is not locked take no lock in the store.
  if (hub.evaluation().lock === undefined) return false;
  const { result } = await changeLicenses(context, async (locked) => {
    // Another node may have re-acquired meanwhile.
    if (evaluateState(locked.state, locked.at).lock === undefined) return false;
    await writeReacquisition(context, locked);
    return true;
  });
  return result;
}

/** Writes, with the other changes of the transaction, that the licenses are re-acquired at its instant. */
export async function writeReacquisition(
  { platformKey, nodeId }: LicensingContext,
  { tx, at }: Locked,
): Promise<void> {
  const payload = reacquisitionPayload(at, tx.nextRevision.revision);
  const rowJws = await signRow(platformKey, "reacquisition", payload);
  await tx.addReacquisition({ reacquiredAt: at, rowJws, nodeId });
}
