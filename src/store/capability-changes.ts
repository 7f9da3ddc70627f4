import type { Knex } from "knex";
import { z } from "zod";
import type { Instant } from "../domain/license.ts";
import { inDatabase } from "./database-errors.ts";
import type { ChangeRow } from "./history-types.ts";
import { decodeToken, encodeToken, invalidToken } from "./page-token.ts";
import { present, type RevisionColumns, toRevision } from "./revisions.ts";
import type { Revision } from "./types.ts";
import { toInstant, toTimestamp } from "./values.ts";

/** Which changes to read. */
export interface ChangeFilter {
  /** Only of this capability; `undefined`: of all. */
  readonly key: string | undefined;
  /** Only those that became effective at or after this instant. */
  readonly since: Instant | undefined;
  /** Only those that became effective before this instant. */
  readonly until: Instant | undefined;
}

/** A page that is asked for. */
export interface ChangeQuery extends ChangeFilter {
  /** Changes at most, from 1 on. */
  readonly limit: number;
  /** Token of the page before, under the same filter. */
  readonly pageToken?: string | undefined;
}

/** A page of the history of effective changes. */
export interface ChangePage {
  /** The revision that the page is of. */
  readonly revision: Revision;
  /** The latest first. */
  readonly changes: readonly ChangeRow[];
  /** Token of the page after; `undefined`: there is none. */
  readonly nextPageToken: string | undefined;
}

/**
 * Reads a page of the history, by keyset: changes that are recorded meanwhile move nothing on later pages.
 *
 * @throws ServiceError INVALID_REQUEST (page_token), DATABASE_UNAVAILABLE.
 */
export async function listCapabilityChanges(knex: Knex, query: ChangeQuery): Promise<ChangePage> {
  const before = query.pageToken === undefined ? undefined : readChangeToken(query.pageToken, query);
  const { conditions, values } = whereOf(query, before);
  const { rows } = await inDatabase(() =>
    // One more than asked for tells whether there is a next page.
    knex.raw<{ rows: Row[] }>(selectSql(conditions), [...values, query.limit + 1]),
  );
  const changes = rows.flatMap((row) => (row.sequence === null ? [] : toChange(row))).slice(0, query.limit);
  const last = rows.length > query.limit ? changes.at(-1) : undefined;
  return {
    revision: toRevision(present(rows[0])),
    changes,
    nextPageToken: last && toChangeToken(last.sequence, query),
  };
}

const COLUMNS = `sequence, effective_at, recorded_at, key, state_before, reason_before, state_after, reason_after,
  operations_after, cause, license_ids, explanation, epoch as change_epoch, revision as change_revision, node_id`;

/** Page and revision by one statement: of one moment, and one journey to the database. */
function selectSql(conditions: readonly string[]): string {
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`;
  return `select store_id, epoch, revision, page.* from store left join (
      select ${COLUMNS} from capability_changes ${where} order by sequence desc limit ?
    ) page on true order by sequence desc`;
}

function whereOf({ key, since, until }: ChangeFilter, before: bigint | undefined) {
  const parts: readonly (readonly [condition: string, value: string | undefined])[] = [
    ["key = ?", key],
    ["effective_at >= ?::timestamptz", since === undefined ? undefined : toTimestamp(since)],
    ["effective_at < ?::timestamptz", until === undefined ? undefined : toTimestamp(until)],
    ["sequence < ?::bigint", before?.toString()],
  ];
  const set = parts.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]));
  return { conditions: set.map(({ condition }) => condition), values: set.map(({ value }) => value) };
}

const TOKEN = z.strictObject({
  before: z.string().regex(/^[1-9]\d{0,17}$/),
  key: z.string().nullable(),
  since: z.int().nullable(),
  until: z.int().nullable(),
});

function toChangeToken(before: bigint, { key, since, until }: ChangeFilter): string {
  const content: z.infer<typeof TOKEN> = {
    before: before.toString(),
    key: key ?? null,
    since: since ?? null,
    until: until ?? null,
  };
  return encodeToken(content);
}

/** The sequence that a token reads on before. @throws ServiceError INVALID_REQUEST with field page_token. */
function readChangeToken(token: string, { key, since, until }: ChangeFilter): bigint {
  const content = TOKEN.safeParse(decodeToken(token)).data;
  if (content === undefined) throw invalidToken("is not a token of this service");
  const isSameFilter =
    content.key === (key ?? null) && content.since === (since ?? null) && content.until === (until ?? null);
  if (!isSameFilter) throw invalidToken("was given under another filter");
  return BigInt(content.before);
}

interface ChangeColumns {
  readonly sequence: string;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly key: string;
  readonly state_before: ChangeRow["stateBefore"];
  readonly reason_before: ChangeRow["reasonBefore"];
  readonly state_after: ChangeRow["stateAfter"];
  readonly reason_after: ChangeRow["reasonAfter"];
  readonly operations_after: ChangeRow["operationsAfter"];
  readonly cause: ChangeRow["cause"];
  readonly license_ids: readonly string[];
  readonly explanation: string;
  readonly change_epoch: string;
  readonly change_revision: string;
  readonly node_id: string;
}

/** The columns of a change are null in the one row of an empty page. */
type Row = RevisionColumns & (ChangeColumns | { readonly sequence: null });

function toChange(row: RevisionColumns & ChangeColumns): ChangeRow {
  return {
    sequence: BigInt(row.sequence),
    effectiveAt: toInstant(row.effective_at),
    recordedAt: toInstant(row.recorded_at),
    key: row.key,
    stateBefore: row.state_before,
    reasonBefore: row.reason_before,
    stateAfter: row.state_after,
    reasonAfter: row.reason_after,
    operationsAfter: row.operations_after,
    cause: row.cause,
    licenseIds: row.license_ids,
    explanation: row.explanation,
    revision: {
      storeId: row.store_id,
      epoch: BigInt(row.change_epoch),
      revision: BigInt(row.change_revision),
    },
    nodeId: row.node_id,
  };
}
