import { join } from "node:path";
import { StartupError } from "../errors.ts";
import { SEEN_REVISION_FILE, type SeenRevision } from "../platform/seen-revision.ts";
import { shownPath } from "../platform/shown-path.ts";
import type { Store } from "../store/store.ts";

/**
 * Holds the database against what this node saw last, before anything is written to it: another store is
 * refused, and an older state of the same one gets its new epoch.
 *
 * @throws StartupError "otherStore"; ServiceError DATABASE_UNAVAILABLE.
 */
export async function recognizeStore(
  store: Pick<Store, "readRevisions" | "raiseEpoch">,
  seen: SeenRevision,
  dataDirectory: string,
): Promise<void> {
  const { revision } = await store.readRevisions();
  const known = seen.current();
  if (known !== undefined && known.storeId !== revision.storeId) {
    throw new StartupError(
      "otherStore",
      `The database is store ${revision.storeId}, but this node has served store ${known.storeId}. Correct DATABASE_URL; or, if the platform is to begin anew on this database, remove ${shownPath(join(dataDirectory, SEEN_REVISION_FILE))}.`,
    );
  }
  await store.raiseEpoch();
}
