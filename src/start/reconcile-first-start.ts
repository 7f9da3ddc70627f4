import type { Logger } from "../log.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import type { Store } from "../store/store.ts";
import { keepFirstStart, readFirstStart, verifyFirstStart } from "./first-start-file.ts";

/** What the first start is reconciled with. */
export interface FirstStartParts {
  readonly store: Pick<Store, "readPlatform" | "write">;
  readonly dataDirectory: string;
  readonly key: PlatformKey;
  readonly log: Logger;
}

/**
 * Holds the first start in the database against the one that this node keeps: where two disagree the earlier
 * counts, so that a trial does not begin anew on a new database. A row that does not verify stays as it is:
 * then every trial counts as over (EV-8).
 *
 * @throws ServiceError DATABASE_UNAVAILABLE; the error of the file system when the file cannot be written.
 */
export async function reconcileFirstStart({
  store,
  dataDirectory,
  key,
  log,
}: FirstStartParts): Promise<void> {
  const row = await store.readPlatform();
  const signed = row && (await verifyFirstStart(key, row.firstStartJws));
  if (signed === undefined || signed.at !== row?.firstStartAt) return;
  const kept = await readFirstStart(dataDirectory, key);
  if (kept !== undefined && kept.at < signed.at) {
    await store.write((tx) => tx.setFirstStart(kept.at, kept.jws));
    log.warn(
      { before: new Date(signed.at), now: new Date(kept.at) },
      "the database held a later first start than this data directory; the earlier one counts",
    );
  } else await keepFirstStart(dataDirectory, signed);
}
