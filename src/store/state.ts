import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import { findPlatform } from "./platform.ts";
import { present, type RevisionColumns, toRevision } from "./revisions.ts";
import type { Revision, StoredLicense, StoredState } from "./types.ts";
import { toInstant, toSafeInteger } from "./values.ts";

/**
 * Reads everything that an evaluation is made from, as of one instant.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 * @throws Error when no platform is registered yet.
 */
export function loadState(knex: Knex): Promise<StoredState> {
  return inDatabase(() =>
    knex.transaction(
      async (trx) => {
        const row = await trx("store").first<RevisionColumns>("store_id", "epoch", "revision");
        return readState(trx, toRevision(present(row)));
      },
      { isolationLevel: "repeatable read", readOnly: true },
    ),
  );
}

/** The state that the transaction sees, as that of `revision`. */
export async function readState(trx: Knex.Transaction, revision: Revision): Promise<StoredState> {
  const platform = await findPlatform(trx);
  if (platform === undefined) throw new Error("no platform is registered in this database yet");
  const rows: LicenseColumns[] = await trx("licenses")
    .select("id", "signed_bytes", "upload_sequence", "sequence_jws", "uploaded_at", "uploaded_by_node_id")
    .orderBy("upload_sequence");
  return { revision, platform, licenses: rows.map(toStoredLicense) };
}

interface LicenseColumns {
  readonly id: string;
  readonly signed_bytes: string;
  readonly upload_sequence: string;
  readonly sequence_jws: string;
  readonly uploaded_at: Date;
  readonly uploaded_by_node_id: string;
}

function toStoredLicense(row: LicenseColumns): StoredLicense {
  return {
    id: row.id,
    signedBytes: row.signed_bytes,
    uploadSequence: toSafeInteger(row.upload_sequence),
    sequenceJws: row.sequence_jws,
    uploadedAt: toInstant(row.uploaded_at),
    uploadedByNodeId: row.uploaded_by_node_id,
  };
}
