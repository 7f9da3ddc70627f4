import {
  type GetLicenseRecordsRequest,
  type GetLicenseRecordsResponse,
  SortBy,
  SortDirection,
} from "@license-service/contract";
import { isReached } from "../snapshot/reach-revision.ts";
import { requireDatabase } from "../snapshot/require-database.ts";
import type { RecordOrder } from "../store/record-order.ts";
import type { RecordQuery } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { UnaryHandler } from "./handler.ts";
import { invalidRequest } from "./messages/instants.ts";
import { toRecord } from "./messages/record.ts";
import { atRevision, type ReadSources } from "./read-gate.ts";

/** What GetLicenseRecords is answered from. */
export interface RecordSources extends ReadSources {
  readonly store: Pick<Store, "listRecords" | "countRecords">;
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 1000;

/** Answers the authorization history, a page at a time (AP-3). */
export function createGetLicenseRecords(
  sources: RecordSources,
): UnaryHandler<GetLicenseRecordsRequest, GetLicenseRecordsResponse> {
  return (request, context) => {
    const query = readQuery(request);
    const answer = request.count
      ? () => countOf(sources)
      : () => pageOf(sources, query, request.replyWithCount);
    requireDatabase(sources.hub);
    return atRevision(sources, request.minRevision, context, answer);
  };
}

async function countOf({ store }: RecordSources): Promise<GetLicenseRecordsResponse> {
  const { total, revision } = await store.countRecords();
  return { revision: { ...revision }, records: [], total: BigInt(total), nextPageToken: "" };
}

async function pageOf(
  { store, hub }: RecordSources,
  query: RecordQuery,
  withTotal: boolean,
): Promise<GetLicenseRecordsResponse> {
  const { revision, records, nextPageToken, total } = await store.listRecords(query);
  // A record's status comes from memory: it must not be older than the record.
  if (!isReached(hub.current().state.revision, revision)) await hub.refresh();
  const evaluation = hub.evaluation();
  const { state } = hub.current();
  return {
    revision: { ...revision },
    records: records.map((row) => toRecord(row, state, evaluation)),
    total: withTotal ? BigInt(total) : undefined,
    nextPageToken: nextPageToken ?? "",
  };
}

function readQuery(request: GetLicenseRecordsRequest): RecordQuery {
  const { limit = DEFAULT_LIMIT, start, pageToken } = request;
  if (limit < 1 || limit > MAX_LIMIT) throw invalidRequest("limit", `is not from 1 to ${MAX_LIMIT}`);
  if (start !== undefined && pageToken !== "") {
    throw invalidRequest("page_token", "goes with no start: a token knows its place");
  }
  return { limit, start, pageToken: pageToken === "" ? undefined : pageToken, order: readOrder(request) };
}

const SORTS: ReadonlyMap<SortBy, RecordOrder["sortBy"]> = new Map([
  [SortBy.ISSUED, "issued"],
  [SortBy.EXPIRED, "expired"],
  [SortBy.UPLOADED, "uploaded"],
]);

const DIRECTIONS: ReadonlyMap<SortDirection, RecordOrder["direction"]> = new Map([
  [SortDirection.ASCENDING, "ascending"],
  [SortDirection.DESCENDING, "descending"],
]);

/** One without the other is an error (AP-3). */
function readOrder({ sortBy, sortDirection }: GetLicenseRecordsRequest): RecordOrder | undefined {
  const by = SORTS.get(sortBy);
  const direction = DIRECTIONS.get(sortDirection);
  if (by === undefined && sortBy !== SortBy.UNSPECIFIED)
    throw invalidRequest("sort_by", "is none of the contract's");
  if (direction === undefined && sortDirection !== SortDirection.UNSPECIFIED) {
    throw invalidRequest("sort_direction", "is none of the contract's");
  }
  if (by === undefined && direction === undefined) return undefined;
  if (by === undefined) throw invalidRequest("sort_by", "is not set, but sort_direction is");
  if (direction === undefined) throw invalidRequest("sort_direction", "is not set, but sort_by is");
  return { sortBy: by, direction };
}
