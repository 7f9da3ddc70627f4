/** The mark of the history of effective changes: read without a lock, moved by one guarded statement. */
import type { Knex } from "knex";
import type { Instant } from "../domain/license.ts";
import { inDatabase } from "./database-errors.ts";
import type { HistoryMark, HistoryPoint, NewChange, RecordedOutcome } from "./history-types.ts";
import { present } from "./revisions.ts";
import {
  toInstant,
  toOptionalInstant,
  toOptionalTimestamp,
  toSafeInteger,
  toText,
  toTimestamp,
} from "./values.ts";

/** The mark, and what is read with it. */
export interface HistoryReading {
  /** Of the database that was read. */
  readonly storeId: string;
  /** `undefined`: nothing was ever recorded. */
  readonly mark: HistoryMark | undefined;
  /** When the asked state was committed, by the database's clock; `undefined`: this database has no such state. */
  readonly committedAt: Instant | undefined;
}

/** A node that has not been heard of for so long is no rival. */
const AWAY_AFTER = "60 seconds";

const READ = `
  select s.store_id, h.*,
    coalesce(n.heartbeat_at < now() - interval '${AWAY_AFTER}', true) as is_node_away,
    (select committed_at from revisions where id = ?) as committed_at
  from store s
    left join capability_history h on true
    left join nodes n on n.id = h.node_id`;

/**
 * Reads the mark.
 *
 * @param revisionId of the state whose commit is asked for.
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function readHistoryMark(knex: Knex, revisionId: string): Promise<HistoryReading> {
  return inDatabase(async () => {
    const { rows } = await knex.raw<{ rows: ReadColumns[] }>(READ, [revisionId]);
    const row = present(rows[0]);
    return {
      storeId: row.store_id,
      mark: row.version === null ? undefined : toMark(row),
      committedAt: toOptionalInstant(row.committed_at),
    };
  });
}

/** A move of the mark, with the changes that it makes history. */
export interface HistoryMove {
  readonly storeId: string;
  /** Version of the mark that the changes were worked out from; `undefined`: there was none. */
  readonly fromVersion: bigint | undefined;
  readonly to: HistoryPoint;
  /** In the order of their sequence. */
  readonly changes: readonly NewChange[];
  readonly recordedAt: Instant;
  readonly nodeId: string;
}

const COLUMNS = `epoch, revision, usage_revision, evaluated_at, upload_sequences, reacquired_at, tampered_hash,
  usb_hash, profile, product_version, program_version, outcomes, node_id`;

const VALUES = `?::bigint, ?::bigint, ?::bigint, ?::timestamptz, ?::bigint[], ?::timestamptz, ?::text,
  ?::text, ?::text, ?::text, ?::text, ?::jsonb, ?::uuid`;

const BEGIN = `
  insert into capability_history (${COLUMNS})
  select ${VALUES} from store where store_id = ?
  on conflict (is_only) do nothing
  returning version`;

// One statement: the update takes the lock of the row and finds it changed if a rival was first; then
// nothing is inserted either.
const MOVE = `
  with moved as (
    update capability_history
       set (${COLUMNS}, version, last_sequence) = row(${VALUES}, version + 1, last_sequence + ?)
     where version = ? and exists (select from store where store_id = ?)
    returning version, last_sequence, epoch, revision, node_id
  ), added as (
    insert into capability_changes (sequence, effective_at, recorded_at, key, state_before, reason_before,
      state_after, reason_after, operations_after, cause, license_ids, explanation, epoch, revision, node_id)
    select moved.last_sequence - ? + place, (change->>'effectiveAt')::timestamptz, ?::timestamptz,
      change->>'key', change->>'stateBefore', change->>'reasonBefore', change->>'stateAfter',
      change->>'reasonAfter', array(select jsonb_array_elements_text(change->'operationsAfter')),
      change->>'cause', array(select jsonb_array_elements_text(change->'licenseIds')::uuid),
      change->>'explanation', (change->>'epoch')::bigint, (change->>'revision')::bigint, moved.node_id
    from moved, jsonb_array_elements(?::jsonb) with ordinality as entry (change, place)
  )
  select version from moved`;

/**
 * Records changes and moves the mark, all or nothing.
 *
 * @returns `false`: another node has moved the mark meanwhile, or the database is another store; nothing was
 *   written.
 * @throws ServiceError DATABASE_UNAVAILABLE: then nobody knows whether it was written, and the mark tells.
 */
export function moveHistory(knex: Knex, move: HistoryMove): Promise<boolean> {
  const { fromVersion, changes, storeId, recordedAt } = move;
  return inDatabase(async () => {
    const { rows } =
      fromVersion === undefined
        ? await knex.raw<{ rows: unknown[] }>(BEGIN, [...pointValues(move), storeId])
        : await knex.raw<{ rows: unknown[] }>(MOVE, [
            ...pointValues(move),
            changes.length,
            fromVersion.toString(),
            storeId,
            changes.length,
            toTimestamp(recordedAt),
            JSON.stringify(changes.map(toJson)),
          ]);
    return rows.length > 0;
  });
}

function pointValues({ to, nodeId }: HistoryMove): (string | number[] | null)[] {
  const { inputs, evaluatedAt, outcomes } = to;
  return [
    inputs.epoch.toString(),
    inputs.revision.toString(),
    inputs.usageRevision.toString(),
    toTimestamp(evaluatedAt),
    [...inputs.uploadSequences],
    toOptionalTimestamp(inputs.reacquiredAt),
    inputs.tamperedHash,
    inputs.usbHash,
    inputs.profile,
    inputs.productVersion,
    inputs.programVersion,
    JSON.stringify(Object.fromEntries(outcomes)),
    nodeId,
  ];
}

function toJson({ effectiveAt, before, after, epoch, revision, ...change }: NewChange) {
  return {
    ...change,
    effectiveAt: toTimestamp(effectiveAt),
    explanation: toText(change.explanation),
    stateBefore: before.state,
    reasonBefore: before.reason,
    stateAfter: after.state,
    reasonAfter: after.reason,
    operationsAfter: after.operations,
    epoch: epoch.toString(),
    revision: revision.toString(),
  };
}

/** bigint columns come as text. */
interface MarkColumns {
  readonly version: string;
  readonly epoch: string;
  readonly revision: string;
  readonly usage_revision: string;
  readonly evaluated_at: Date;
  readonly upload_sequences: readonly string[];
  readonly reacquired_at: Date | null;
  readonly tampered_hash: string;
  readonly usb_hash: string;
  readonly profile: string;
  readonly product_version: string;
  readonly program_version: string;
  readonly outcomes: Readonly<Record<string, RecordedOutcome>>;
  readonly node_id: string;
}

type ReadColumns = {
  readonly store_id: string;
  readonly is_node_away: boolean;
  readonly committed_at: Date | null;
} & (MarkColumns | { readonly version: null });

function toMark(row: MarkColumns & { readonly is_node_away: boolean }): HistoryMark {
  return {
    version: BigInt(row.version),
    inputs: {
      epoch: BigInt(row.epoch),
      revision: BigInt(row.revision),
      usageRevision: BigInt(row.usage_revision),
      uploadSequences: row.upload_sequences.map(toSafeInteger),
      reacquiredAt: toOptionalInstant(row.reacquired_at),
      tamperedHash: row.tampered_hash,
      usbHash: row.usb_hash,
      profile: row.profile,
      productVersion: row.product_version,
      programVersion: row.program_version,
    },
    evaluatedAt: toInstant(row.evaluated_at),
    outcomes: new Map(Object.entries(row.outcomes)),
    nodeId: row.node_id,
    isNodeAway: row.is_node_away,
  };
}
