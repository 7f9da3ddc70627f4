import { ReportUsageResponse } from "@license-service/contract";
import { readAmounts } from "../amounts.ts";
import { usageError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { writeMeters } from "../render/usage-table.ts";

/** Options of `licensectl usage report`. */
export interface UsageReportOptions {
  readonly asOf?: string;
}

/** `licensectl usage report METER=AMOUNT...`: ReportUsage. */
export async function usageReport(
  context: CommandContext,
  options: UsageReportOptions,
  args: readonly string[],
): Promise<void> {
  const usages = readAmounts(args, 0n);
  const asOfUsageRevision = readRevision(options.asOf);
  const answer = await withServer(context, (server) =>
    server.callQuotas((client) => client.reportUsage, { usages, asOfUsageRevision }),
  );
  const { out, isJson } = context;
  if (isJson) return out.json(ReportUsageResponse.toJSON(answer));
  out.line`Reported; usage revision ${answer.usageRevision}.`;
  writeMeters(out, answer.meters);
}

function readRevision(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,19}$/.test(text)) return BigInt(text);
  throw usageError(`--as-of: "${text}" is not a usage revision.`, 'Copy it from "licensectl usage list".');
}
