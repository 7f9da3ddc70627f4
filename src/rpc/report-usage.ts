import type { ReportUsageRequest, ReportUsageResponse } from "@license-service/contract";
import type { QuotaContext } from "../quotas/reserve-quota.ts";
import type { UnaryHandler } from "./handler.ts";
import { toMeter } from "./messages/capability.ts";
import { invalidRequest } from "./messages/instants.ts";
import { readAmounts } from "./messages/usage.ts";

/** Replaces what the caller said before of the meters that it names; nothing is refused for being too much. */
export function createReportUsage({
  store,
  hub,
}: QuotaContext): UnaryHandler<ReportUsageRequest, ReportUsageResponse> {
  return async ({ usages: named, asOfUsageRevision: asOf }, { identity }) => {
    const usages = readAmounts({ field: "usages", least: 0n }, named, hub.evaluation().meters);
    const usageRevision = await store.reportUsage({ reporter: identity.name, usages, asOf });
    if (usageRevision === undefined) {
      throw invalidRequest("as_of_usage_revision", "lies ahead of the usage; send one as it was answered");
    }
    // The report is taken: that this node cannot read it now is no reason to say otherwise.
    await hub.refreshUsage().catch(() => undefined);
    const reported = new Set(usages.map(({ meter }) => meter));
    const meters = hub.evaluation().meters.filter(({ key }) => reported.has(key));
    return { usageRevision, meters: meters.map(toMeter) };
  };
}
