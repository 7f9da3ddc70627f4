import {
  type DroppedFile,
  ErrorReason,
  type ReloadLicenseRequest,
  type ReloadLicenseResponse,
} from "@license-service/contract";
import type { TakenFile } from "../licensing/take-dropped.ts";
import { requireDatabase } from "../snapshot/require-database.ts";
import { singleFlight } from "../snapshot/single-flight.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { NodeScan, UsbPorts } from "../usb/platform/usb-overview.ts";
import type { UnaryHandler } from "./handler.ts";
import { toDate } from "./messages/instants.ts";
import { toUsbScan } from "./messages/usb.ts";

/** What ReloadLicense works with. */
export interface ReloadSources {
  readonly hub: Pick<SnapshotHub, "current" | "refresh">;
  readonly usb: Pick<UsbPorts, "scanEverywhere">;
  /** Installs what lies in this node's drop folder, and says what became of it. */
  readonly takeDropped: () => Promise<readonly TakenFile[]>;
  /** Re-acquires the licenses if the platform is locked (US-TE-6); answers whether it did. */
  readonly reacquire: () => Promise<boolean>;
}

/**
 * Has every node look at its USB ports, installs what lies in the drop folder, reads the store again and
 * evaluates anew (ZL-6, ZL-7); lifts the lock of a platform that is locked, on every node (US-TE-6).
 * DATABASE_UNAVAILABLE when the store cannot be read; then every dropped file stays. One reload runs at a
 * time: calls that come meanwhile share the one after it.
 */
export function createReloadLicense(
  sources: ReloadSources,
): UnaryHandler<ReloadLicenseRequest, ReloadLicenseResponse> {
  const reload = singleFlight(() => run(sources));
  return async (_request, { log, identity }) => {
    const { response, isReacquired } = await reload();
    const { droppedFiles, usbScans } = response;
    const counts = { droppedFiles: droppedFiles.length, usbScans: usbScans.length };
    log.info({ identityId: identity.id, ...counts, isReacquired }, "reload");
    return response;
  };
}

interface Reloaded {
  readonly response: ReloadLicenseResponse;
  readonly isReacquired: boolean;
}

async function run({ hub, usb, takeDropped, reacquire }: ReloadSources): Promise<Reloaded> {
  requireDatabase(hub);
  // A key that is found may be the one that a dropped license is for.
  const scans = hub.current().state.profile.usbKeys ? await usb.scanEverywhere() : [];
  // No file is touched before the store is known to answer: not even one that would be refused without it.
  await hub.refresh();
  const droppedFiles = await takeDropped();
  const isReacquired = await reacquire();
  const { state, evaluation } = hub.current();
  const response = {
    revision: { ...state.revision },
    evaluatedAt: toDate(evaluation.at),
    licenseCount: state.licenses.length + state.unverified.length,
    droppedFiles: droppedFiles.map(toDroppedFile),
    usbScans: [...scans].sort(byNode).map(toUsbScan),
  };
  return { response, isReacquired };
}

function byNode(a: NodeScan, b: NodeScan): number {
  return a.nodeId < b.nodeId ? -1 : 1;
}

function toDroppedFile({ fileName, installedIds, unchangedIds, refusals }: TakenFile): DroppedFile {
  return {
    fileName,
    installedLicenseIds: [...installedIds],
    unchangedLicenseIds: [...unchangedIds],
    refusals: refusals.map(({ fileName: inner, reason, message, claim }) => ({
      fileName: inner ?? "",
      reason: ErrorReason[reason],
      message,
      claim: claim ?? "",
    })),
  };
}
