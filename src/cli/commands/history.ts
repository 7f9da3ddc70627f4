import { ListCapabilityChangesRequest, ListCapabilityChangesResponse } from "@license-service/contract";
import { usageError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readInstant, readNumber } from "../options.ts";
import { writeHistory } from "../render/history-table.ts";
import { counted } from "../render/terms.ts";

/** Options of `licensectl history`. */
export interface HistoryOptions {
  readonly capability?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly pageToken?: string;
}

const MAX_LIMIT = 1000;

/** `licensectl history`: ListCapabilityChanges, the latest first. */
export async function history(context: CommandContext, options: HistoryOptions): Promise<void> {
  const request = toRequest(options);
  const answer = await withServer(context, (server) =>
    server.call((client) => client.listCapabilityChanges, request),
  );
  const { isJson, out } = context;
  if (isJson) return out.json(ListCapabilityChangesResponse.toJSON(answer));
  writeHistory(out, answer.changes);
  if (answer.changes.length > 0) out.raw("\n");
  out.line`${counted(answer.changes.length, "change")}${filterText(options)}`;
  if (answer.nextPageToken !== "") out.line`Read on with --page-token ${answer.nextPageToken}`;
}

/** The request that the options stand for. @throws CliError of kind usage. */
export function toRequest(options: HistoryOptions, now = new Date()): ListCapabilityChangesRequest {
  const since = readInstant("--since", options.since, now);
  const until = readInstant("--until", options.until, now);
  if (since !== undefined && until !== undefined && since > until) {
    throw usageError("--since is after --until.", "Give the earlier instant with --since.");
  }
  return ListCapabilityChangesRequest.fromPartial({
    limit: readNumber("--limit", options.limit, { min: 1, max: MAX_LIMIT }),
    pageToken: options.pageToken ?? "",
    key: options.capability ?? "",
    since,
    until,
  });
}

/** An empty list reads differently when it was asked for a part of the history only. */
function filterText({ capability, since, until }: HistoryOptions): string {
  const parts = [
    ...(capability === undefined ? [] : [`of ${capability}`]),
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(until === undefined ? [] : [`until ${until}`]),
  ];
  return parts.length === 0 ? "" : ` ${parts.join(" ")}`;
}
