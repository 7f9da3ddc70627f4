import {
  GetLicenseRecordsRequest,
  GetLicenseRecordsResponse,
  LicenseRecord,
  SortBy,
  SortDirection,
} from "@license-service/contract";
import { usageError } from "../cli-error.ts";
import type { Server } from "../connection/server.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { readEnum, readNumber } from "../options.ts";
import { toJsonText } from "../output/text.ts";
import { writeRecords } from "../render/record-table.ts";
import { counted } from "../render/terms.ts";

/** Options of `licensectl records`. */
export interface RecordsOptions {
  readonly limit?: string;
  readonly start?: string;
  readonly sortBy?: string;
  readonly direction?: string;
  readonly count?: boolean;
  readonly pageToken?: string;
  readonly all?: boolean;
}

const MAX_PAGE = 1000;
const MAX_START = 4_294_967_295;

/** `licensectl records`: GetLicenseRecords; the total is always asked for, it costs the server next to nothing. */
export async function records(context: CommandContext, options: RecordsOptions): Promise<void> {
  const request = toRequest(options);
  await withServer(context, async (server) => {
    if (options.all === true) return listAll(context, server, request);
    const answer = await callRecords(server, request);
    if (context.isJson) return context.out.json(GetLicenseRecordsResponse.toJSON(answer));
    if (request.count) return context.out.line`${answer.total ?? 0n}`;
    writeRecords(context.out, answer.records);
    writeFooter(context, answer);
  });
}

/** The request that the options stand for. @throws CliError of kind usage for options that do not go together. */
export function toRequest(options: RecordsOptions): GetLicenseRecordsRequest {
  if ((options.sortBy === undefined) !== (options.direction === undefined)) {
    throw usageError("--sort-by and --direction go together.");
  }
  if (options.start !== undefined && options.pageToken !== undefined) {
    throw usageError("--start and --page-token do not go together: a token already says where to read on.");
  }
  if (
    options.all === true &&
    (options.limit ?? options.start ?? options.pageToken ?? options.count) !== undefined
  ) {
    throw usageError("--all does not go with --limit, --start, --page-token or --count.");
  }
  return GetLicenseRecordsRequest.fromPartial({
    limit: options.all === true ? MAX_PAGE : readNumber("--limit", options.limit, { min: 1, max: MAX_PAGE }),
    start: readNumber("--start", options.start, { min: 0, max: MAX_START }),
    replyWithCount: options.count !== true,
    count: options.count === true,
    sortBy: options.sortBy === undefined ? 0 : readEnum("--sort-by", options.sortBy, SortBy),
    sortDirection:
      options.direction === undefined ? 0 : readEnum("--direction", options.direction, SortDirection),
    pageToken: options.pageToken ?? "",
  });
}

function callRecords(server: Server, request: GetLicenseRecordsRequest): Promise<GetLicenseRecordsResponse> {
  return server.call((client) => client.getLicenseRecords, request);
}

function writeFooter({ out }: CommandContext, answer: GetLicenseRecordsResponse): void {
  if (answer.records.length > 0) out.raw("\n");
  out.line`${answer.records.length} of ${counted(answer.total ?? 0n, "record")}`;
  if (answer.nextPageToken !== "") out.line`Read on with --page-token ${answer.nextPageToken}`;
}

/** Page by page, written as it comes: a long history fits neither one answer nor one string. */
async function listAll(
  context: CommandContext,
  server: Server,
  first: GetLicenseRecordsRequest,
): Promise<void> {
  const { out, isJson } = context;
  let page = await callRecords(server, first);
  let count = page.records.length;
  if (isJson) out.raw(`${openDocument(page)}${jsonItems(page)}`);
  else writeRecords(out, page.records);
  while (page.nextPageToken !== "") {
    page = await callRecords(server, { ...first, replyWithCount: false, pageToken: page.nextPageToken });
    count += page.records.length;
    if (isJson) out.raw(`,${jsonItems(page)}`);
    else writeRecords(out, page.records);
  }
  if (isJson) return out.raw("\n  ]\n}\n");
  if (count > 0) out.raw("\n");
  out.line`${counted(count, "record")}`;
}

function openDocument(page: GetLicenseRecordsResponse): string {
  const head = GetLicenseRecordsResponse.toJSON({ ...page, records: [], nextPageToken: "" });
  const members = Object.entries(head as Record<string, unknown>);
  return `{\n${members.map(([key, value]) => `  "${key}": ${toJsonText(value, 0)},\n`).join("")}  "records": [`;
}

function jsonItems({ records: items }: GetLicenseRecordsResponse): string {
  return items.map((item) => `\n    ${toJsonText(LicenseRecord.toJSON(item), 0)}`).join(",");
}
