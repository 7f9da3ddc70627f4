import type { ListCapabilityChangesRequest, ListCapabilityChangesResponse } from "@license-service/contract";
import type { HistoryRecorder } from "../history/history-recorder.ts";
import { requireDatabase } from "../snapshot/require-database.ts";
import type { ChangeQuery } from "../store/capability-changes.ts";
import type { Store } from "../store/store.ts";
import type { UnaryHandler } from "./handler.ts";
import { invalidRequest, readInstant } from "./messages/instants.ts";
import { toRecordedChange } from "./messages/recorded-change.ts";
import { atRevision, type ReadSources } from "./read-gate.ts";

/** What ListCapabilityChanges is answered from. */
export interface HistorySources extends ReadSources {
  readonly store: Pick<Store, "listCapabilityChanges">;
  readonly recorder: Pick<HistoryRecorder, "caughtUp">;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Answers what became effective and why, the latest first, a page at a time. */
export function createListCapabilityChanges(
  sources: HistorySources,
): UnaryHandler<ListCapabilityChangesRequest, ListCapabilityChangesResponse> {
  return (request, context) => {
    const query = readQuery(sources, request);
    requireDatabase(sources.hub);
    return atRevision(sources, request.minRevision, context, () => answer(sources, query));
  };
}

async function answer(
  { hub, store, recorder }: HistorySources,
  query: ChangeQuery,
): Promise<ListCapabilityChangesResponse> {
  // What is effective now is in the history before the history is read: whoever uploaded or reported finds it.
  await hub.refreshUsage().catch(() => undefined);
  await recorder.caughtUp();
  const { revision, changes, nextPageToken } = await store.listCapabilityChanges(query);
  return {
    revision: { ...revision },
    changes: changes.map(toRecordedChange),
    nextPageToken: nextPageToken ?? "",
  };
}

function readQuery({ hub }: HistorySources, request: ListCapabilityChangesRequest): ChangeQuery {
  const { limit = DEFAULT_LIMIT, pageToken, key } = request;
  if (limit < 1 || limit > MAX_LIMIT) throw invalidRequest("limit", `is not from 1 to ${MAX_LIMIT}`);
  if (key !== "" && !hub.current().state.profile.capabilities.has(key)) {
    throw invalidRequest("key", "is no capability of the product; licensectl capabilities lists them");
  }
  const since = readInstant("since", request.since);
  const until = readInstant("until", request.until);
  if (since !== undefined && until !== undefined && since > until) {
    throw invalidRequest("since", "is after until");
  }
  return {
    limit,
    pageToken: pageToken === "" ? undefined : pageToken,
    key: key === "" ? undefined : key,
    since,
    until,
  };
}
