import type { ListUsageRequest, ListUsageResponse } from "@license-service/contract";
import type { Clock } from "../clock.ts";
import type { QuotaContext } from "../quotas/reserve-quota.ts";
import { withUsage } from "../snapshot/license-state.ts";
import { evaluateState } from "../snapshot/snapshot.ts";
import type { UsageQuery } from "../store/usage-list.ts";
import type { UnaryHandler } from "./handler.ts";
import { toMeter } from "./messages/capability.ts";
import { invalidRequest } from "./messages/instants.ts";
import { requireMeter, toReportedUsage, toReservation } from "./messages/usage.ts";

/** What ListUsage is answered from. */
export interface ListUsageSources extends QuotaContext {
  readonly clock: Clock;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** Answers who uses what, read from the database, and what the licenses of now make of it. */
export function createListUsage({
  store,
  hub,
  clock,
}: ListUsageSources): UnaryHandler<ListUsageRequest, ListUsageResponse> {
  return async (request) => {
    const query = readQuery(request);
    if (query.meter !== undefined) requireMeter("meter", query.meter, hub.evaluation().meters);
    const { usage, reports, leases, nextPageToken } = await store.listUsage(query);
    const { meters } = evaluateState(withUsage(hub.current().state, usage), clock.now());
    return {
      usageRevision: usage.revision,
      meters: meters.filter(({ key }) => query.meter === undefined || key === query.meter).map(toMeter),
      reports: reports.map(toReportedUsage),
      reservations: leases.map(toReservation),
      nextPageToken: nextPageToken ?? "",
    };
  };
}

function readQuery({ meter, limit = DEFAULT_LIMIT, pageToken }: ListUsageRequest): UsageQuery {
  if (limit < 1 || limit > MAX_LIMIT) throw invalidRequest("limit", `is not from 1 to ${MAX_LIMIT}`);
  return {
    meter: meter === "" ? undefined : meter,
    limit,
    pageToken: pageToken === "" ? undefined : pageToken,
  };
}
