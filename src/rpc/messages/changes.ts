import type { DeleteLicenseResponse } from "@license-service/contract";
import type { Consequences } from "../../licensing/consequences.ts";
import { toAlert } from "./alert.ts";
import { toCapabilityChange, toQuotaChange } from "./capability.ts";

/** The part of an answer that uploads and deletions share: what changes, or would change. */
export function toChanges({
  difference,
  alerts,
}: Consequences): Pick<
  DeleteLicenseResponse,
  "capabilityChanges" | "quotaChanges" | "startedAlerts" | "stoppedAlerts"
> {
  return {
    capabilityChanges: difference.capabilities.map(toCapabilityChange),
    quotaChanges: difference.quotas.map(toQuotaChange),
    startedAlerts: alerts.started.map(toAlert),
    stoppedAlerts: alerts.stopped.map(toAlert),
  };
}
