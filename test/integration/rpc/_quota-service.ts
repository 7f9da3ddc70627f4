/** A service with licenses, and callers of QuotaService. */
import { readFile } from "node:fs/promises";
import { type MeterAmount, TokenRole } from "@license-service/contract";
import { createQuotaCall, type QuotaCall } from "../../helpers/quota-calls.ts";
import {
  type RpcService,
  type RpcServiceOptions,
  startRpcService,
  type Teardown,
} from "../../helpers/rpc-service.ts";
import { createTokenCall } from "../../helpers/token-calls.ts";

/** A service and how to use quotas by it. */
export interface QuotaService extends RpcService {
  /** Calls as the admin. */
  readonly quota: QuotaCall;
  /** Token of a new caller with this name, of role service. */
  newReporter(name: string): Promise<string>;
  /** Reserves amounts of meters with a key of its own. */
  reserve(amounts: Readonly<Record<string, bigint>>, token?: string): ReturnType<typeof reserve>;
  /** Limit, use, what is left and "over" of a meter, as ListUsage tells. */
  meter(key: string): Promise<string>;
}

let keys = 0;

/** Starts it; everything is ended by the test's teardown. */
export async function startQuotaService(t: Teardown, options: RpcServiceOptions = {}): Promise<QuotaService> {
  const rpc = await startRpcService(t, options);
  const { address, newTokenFile } = rpc.service;
  const token = (await readFile(newTokenFile ?? "", "utf8")).trim();
  const quota = createQuotaCall(t, address, token);
  const tokens = createTokenCall(t, address, token);
  return Object.assign(rpc, {
    quota,
    newReporter: async (name: string) =>
      (await tokens("createToken", { name, role: TokenRole.SERVICE })).secret,
    reserve: (amounts: Readonly<Record<string, bigint>>, by = token) => reserve(quota, amounts, by),
    async meter(key: string) {
      const { meters } = await quota("listUsage", { meter: key });
      const [meter] = meters;
      return `${meter?.used} of ${meter?.limit}, ${meter?.available} left${meter?.over ? ", over" : ""}`;
    },
  });
}

function reserve(quota: QuotaCall, amounts: Readonly<Record<string, bigint>>, token: string) {
  keys += 1;
  return quota("reserveQuota", { amounts: toAmounts(amounts), idempotencyKey: `key-${keys}` }, token);
}

/** Amounts as messages. */
export function toAmounts(amounts: Readonly<Record<string, bigint>>): MeterAmount[] {
  return Object.entries(amounts).map(([meter, amount]) => ({ meter, amount }));
}
