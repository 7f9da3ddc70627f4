import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import {
  LINEAGE_COLUMNS,
  type Lineage,
  type LineageRow,
  otherStore,
  raiseEpoch,
  standingOf,
} from "./lineage.ts";
import { findPlatform } from "./platform.ts";
import { readReacquisitions } from "./reacquisitions.ts";
import { readPutOffs } from "./reminders.ts";
import { present, toRevision } from "./revisions.ts";
import type { Restore, RevisionMark, StoredLicense, StoredState } from "./types.ts";
import { readUsage } from "./usage.ts";
import { readUsbState } from "./usb.ts";
import { toInstant, toSafeInteger } from "./values.ts";

/**
 * Reads everything that an evaluation is made from, as of one instant.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 * @throws Error when no platform is registered yet.
 */
export async function loadState(knex: Knex, lineage: Lineage): Promise<StoredState> {
  for (;;) {
    const state = await inDatabase(() => loadKnownState(knex, lineage));
    if (state !== undefined) {
      // Before anybody is told of it: what a node has answered it never takes for news.
      await lineage.keep({ ...state.revision, id: state.revisionId });
      return state;
    }
    await raiseEpoch(knex, lineage);
  }
}

/** `undefined`: the database was restored to an older state. */
function loadKnownState(knex: Knex, lineage: Lineage): Promise<StoredState | undefined> {
  return knex.transaction(
    async (trx) => {
      const row = present(await trx("store").first<LineageRow>(...LINEAGE_COLUMNS));
      const standing = await standingOf(trx, row, lineage.current());
      if (standing === "other store") throw otherStore();
      return standing === "restored"
        ? undefined
        : readState(trx, { ...toRevision(row), id: row.revision_id });
    },
    { isolationLevel: "repeatable read", readOnly: true },
  );
}

/** The state that the transaction sees, as that of `mark`. */
export async function readState(trx: Knex.Transaction, mark: RevisionMark): Promise<StoredState> {
  const { id: revisionId, ...revision } = mark;
  const platform = await findPlatform(trx);
  if (platform === undefined) throw new Error("no platform is registered in this database yet");
  const rows: LicenseColumns[] = await trx("licenses")
    .select("id", "signed_bytes", "upload_sequence", "sequence_jws", "uploaded_at", "uploaded_by_node_id")
    .orderBy("upload_sequence");
  const reacquisitions = await readReacquisitions(trx);
  const restores = await readRestores(trx);
  const usage = await readUsage(trx);
  const putOffs = await readPutOffs(trx);
  const usbState = await readUsbState(trx);
  return {
    revision,
    revisionId,
    platform,
    licenses: rows.map(toStoredLicense),
    reacquisitions,
    restores,
    putOffs,
    usage,
    usbState,
  };
}

async function readRestores(trx: Knex.Transaction): Promise<Restore[]> {
  const rows: RestoreColumns[] = await trx("epochs")
    .select("epoch", "raised_at", "found_epoch", "found_revision", "seen_epoch", "seen_revision")
    .whereRaw("raised_at > now() - interval '30 days'")
    .orderBy("epoch", "desc");
  return rows.map((row) => ({
    epoch: BigInt(row.epoch),
    raisedAt: toInstant(row.raised_at),
    found: { epoch: BigInt(row.found_epoch), revision: BigInt(row.found_revision) },
    seen: { epoch: BigInt(row.seen_epoch), revision: BigInt(row.seen_revision) },
  }));
}

/** bigint columns come as text. */
interface RestoreColumns {
  readonly epoch: string;
  readonly raised_at: Date;
  readonly found_epoch: string;
  readonly found_revision: string;
  readonly seen_epoch: string;
  readonly seen_revision: string;
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
