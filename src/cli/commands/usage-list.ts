import { ListUsageRequest, ListUsageResponse } from "@license-service/contract";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readNumber } from "../options.ts";
import { writeMeters, writeReports, writeReservations } from "../render/usage-table.ts";

/** Options of `licensectl usage list`. */
export interface UsageListOptions {
  readonly meter?: string;
  readonly limit?: string;
  readonly pageToken?: string;
}

/** `licensectl usage list`: ListUsage. */
export async function usageList(context: CommandContext, options: UsageListOptions): Promise<void> {
  const request = ListUsageRequest.fromPartial({
    meter: options.meter ?? "",
    limit: readNumber("--limit", options.limit, { min: 1, max: 1000 }),
    pageToken: options.pageToken ?? "",
  });
  const answer = await withServer(context, (server) =>
    server.callQuotas((client) => client.listUsage, request),
  );
  const { out, isJson } = context;
  if (isJson) return out.json(ListUsageResponse.toJSON(answer));
  writeMeters(out, answer.meters);
  writeReports(out, answer.reports);
  writeReservations(out, answer.reservations, new Date());
  out.line``;
  out.line`Usage revision ${answer.usageRevision}.`;
  if (answer.nextPageToken !== "") out.line`More reservations: --page-token ${answer.nextPageToken}`;
}
