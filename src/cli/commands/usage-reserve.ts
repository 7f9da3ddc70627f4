import { randomUUID } from "node:crypto";
import { ReserveQuotaResponse } from "@license-service/contract";
import { readAmounts } from "../amounts.ts";
import { usageError } from "../cli-error.ts";
import { withServer } from "../connection/with-server.ts";
import type { CommandContext } from "../context.ts";
import { styled } from "../output/screen.ts";
import { formatWithDistance, parseDuration } from "../output/time.ts";

/** Options of `licensectl usage reserve`. */
export interface UsageReserveOptions {
  readonly lease?: string;
  readonly idempotencyKey?: string;
  readonly resource?: string;
}

/** `licensectl usage reserve METER=AMOUNT...`: ReserveQuota. */
export async function usageReserve(
  context: CommandContext,
  options: UsageReserveOptions,
  args: readonly string[],
): Promise<void> {
  const request = {
    amounts: readAmounts(args, 1n),
    lease: readLease(options.lease),
    idempotencyKey: options.idempotencyKey ?? randomUUID(),
    resourceId: options.resource ?? "",
  };
  const answer = await withServer(context, (server) =>
    server.callQuotas((client) => client.reserveQuota, request),
  );
  const { out, isJson } = context;
  if (isJson) return out.json(ReserveQuotaResponse.toJSON(answer));
  out.line`Reserved: ${styled("bold", answer.reservationId)}`;
  for (const { meter, amount, draws } of answer.amounts) {
    const parts = draws.map((draw) => `${draw.amount} of ${draw.meter}`).join(", ");
    out.line`  ${meter}: ${amount}${draws.length > 1 ? ` (${parts})` : ""}`;
  }
  out.line`The lease ends at ${formatWithDistance(answer.expireTime, new Date())}. To keep it: licensectl usage commit ${answer.reservationId}`;
}

function readLease(text: string | undefined) {
  if (text === undefined) return undefined;
  const leaseMs = parseDuration(text);
  if (leaseMs === undefined || leaseMs < 1_000 || leaseMs > 3_600_000) {
    throw usageError(`--lease: "${text}" is not a time from 1s to 1h.`, 'Write "90s", "10m" or "1h".');
  }
  return { seconds: BigInt(Math.floor(leaseMs / 1_000)), nanos: Math.floor(leaseMs % 1_000) * 1_000_000 };
}
