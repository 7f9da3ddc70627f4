import type { Knex } from "knex";
import { inDatabase } from "./database-errors.ts";
import { readPageToken, toPageToken } from "./page-token.ts";
import {
  DEFAULT_RECORD_ORDER,
  type RecordOrder,
  type RecordOrderSql,
  type RecordPosition,
  toOrderSql,
} from "./record-order.ts";
import { RECORD_COLUMNS, type RecordColumns, toRecord } from "./record-rows.ts";
import { present, type RevisionColumns, toRevision } from "./revisions.ts";
import type { LicenseRecordRow, Revision } from "./types.ts";
import { toSafeInteger, toTimestamp } from "./values.ts";

/** Which records to read. */
export interface RecordQuery {
  /** Records at most, from 1 on. */
  readonly limit: number;
  /** Records to pass over. Not together with `pageToken`. Default: 0. */
  readonly start?: number | undefined;
  /** Token of the page before, under the same order. */
  readonly pageToken?: string | undefined;
  /** Default: {@link DEFAULT_RECORD_ORDER}. */
  readonly order?: RecordOrder | undefined;
}

/** A page of the authorization history. */
export interface RecordPage {
  /** The revision that the page is of. */
  readonly revision: Revision;
  readonly records: readonly LicenseRecordRow[];
  /** Token of the page after; `undefined`: there is none. */
  readonly nextPageToken: string | undefined;
  /** Records in all. */
  readonly total: number;
}

/**
 * Reads a page of the authorization history (AP-3). By token every page costs the same; passing over
 * many records by `start` costs more, the more they are.
 *
 * @throws ServiceError INVALID_REQUEST (page_token), DATABASE_UNAVAILABLE.
 */
export async function listRecords(knex: Knex, query: RecordQuery): Promise<RecordPage> {
  const order = query.order ?? DEFAULT_RECORD_ORDER;
  const after = query.pageToken === undefined ? undefined : readPageToken(query.pageToken, order);
  // One more than asked for tells whether there is a next page.
  const rows = await inDatabase(() =>
    readRows(knex, toOrderSql(order), after, query.start ?? 0, query.limit + 1),
  );
  const counters = present(rows[0]);
  const records = rows.filter(isRecord).slice(0, query.limit).map(toRecord);
  const last = rows.length > query.limit ? records.at(-1) : undefined;
  return {
    revision: toRevision(counters),
    records,
    nextPageToken: last && toPageToken(order, positionOf(last, order)),
    total: toSafeInteger(counters.total),
  };
}

/**
 * Counts the records, in the same time however many they are.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export function countRecords(knex: Knex): Promise<{ readonly total: number; readonly revision: Revision }> {
  return inDatabase(async () => {
    const { rows } = await knex.raw<{ rows: Counters[] }>(
      `select ${COUNTERS} from store cross join license_record_total`,
    );
    const counters = present(rows[0]);
    return { total: toSafeInteger(counters.total), revision: toRevision(counters) };
  });
}

const COUNTERS = "store_id, epoch, revision, total";

type Counters = RevisionColumns & { readonly total: string };

/** The columns of a record are null in the one row of an empty page. */
type Row = Counters & (RecordColumns | { readonly id: null });

function isRecord(row: Row): row is Counters & RecordColumns {
  return row.id !== null;
}

/** Page, total and revision by one statement: of one moment, and one journey to the database. */
async function readRows(
  knex: Knex,
  order: RecordOrderSql,
  after: RecordPosition | undefined,
  start: number,
  limit: number,
): Promise<Row[]> {
  // The order is of our own making; what comes from outside is bound.
  const { sortKey, direction, isAfter } = order;
  const sorted = `order by ${sortKey} ${direction}, id ${direction}`;
  const isOnPage = after === undefined ? "" : `where (${sortKey}, id) ${isAfter} (?::timestamptz, ?::uuid)`;
  const at = after?.at === undefined ? "infinity" : toTimestamp(after.at);
  // The inner read, of ids, needs the index alone, also for the rows that are passed over.
  const { rows } = await knex.raw<{ rows: Row[] }>(
    `select ${COUNTERS}, page.*
       from store cross join license_record_total
       left join (
         select ${RECORD_COLUMNS} from license_records
          where id in (select id from license_records ${isOnPage} ${sorted} limit ? offset ?)
       ) page on true
      ${sorted}`,
    [...(after === undefined ? [] : [at, after.id]), limit, start],
  );
  return rows;
}

function positionOf(record: LicenseRecordRow, order: RecordOrder): RecordPosition {
  const instants = { issued: record.issuedAt, expired: record.endsAt, uploaded: record.uploadedAt };
  return { at: instants[order.sortBy], id: record.id };
}
