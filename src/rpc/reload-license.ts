import type { ReloadLicenseRequest, ReloadLicenseResponse } from "@license-service/contract";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { UnaryHandler } from "./handler.ts";
import { toDate } from "./messages/instants.ts";

/** Reads the store again and evaluates anew. DATABASE_UNAVAILABLE when it cannot be read. */
export function createReloadLicense(
  hub: SnapshotHub,
): UnaryHandler<ReloadLicenseRequest, ReloadLicenseResponse> {
  return async () => {
    const { state, evaluation } = await hub.refresh();
    return {
      revision: { ...state.revision },
      evaluatedAt: toDate(evaluation.at),
      licenseCount: state.licenses.length + state.unverified.length,
      droppedFiles: [],
    };
  };
}
