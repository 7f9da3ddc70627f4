import { join } from "node:path";
import { HistoryRecorder } from "../history/history-recorder.ts";
import { DROP_FOLDER } from "../licensing/drop-folder.ts";
import type { LicensingContext } from "../licensing/licensing-context.ts";
import { reacquireIfLocked } from "../licensing/reacquire.ts";
import { takeDropped } from "../licensing/take-dropped.ts";
import { createDeleteLicense } from "../rpc/delete-license.ts";
import { createExplainCapability } from "../rpc/explain-capability.ts";
import { createGetLicenseCapabilities } from "../rpc/get-license-capabilities.ts";
import { createGetLicenseInfo, type InfoSources } from "../rpc/get-license-info.ts";
import { createGetLicenseRecords } from "../rpc/get-license-records.ts";
import { createGetRequestCode } from "../rpc/get-request-code.ts";
import type { LicenseHandlers } from "../rpc/license-service.ts";
import { createListCapabilityChanges } from "../rpc/list-capability-changes.ts";
import { createListUsbKeys } from "../rpc/list-usb-keys.ts";
import { encodeSnapshot } from "../rpc/messages/snapshot.ts";
import { createPlanLicenses } from "../rpc/plan-licenses.ts";
import { createPutOffReminder } from "../rpc/put-off-reminder.ts";
import { createReloadLicense } from "../rpc/reload-license.ts";
import { createUploadLicense } from "../rpc/upload-license.ts";
import { createWatchLicenseCapabilities } from "../rpc/watch-license-capabilities.ts";
import type { StateContext } from "../snapshot/license-state.ts";
import { createRowVerifier } from "../snapshot/row-verifier.ts";
import { SnapshotHub, type SnapshotSource } from "../snapshot/snapshot-hub.ts";
import { systemTimers } from "../snapshot/timers.ts";
import { listenForRevisions } from "../store/revision-listener.ts";
import { packageVersion } from "../version.ts";
import type { ServingParts } from "./serve.ts";
import { type RunningUsb, startUsb } from "./start-usb.ts";

/** What the handlers are made from. */
export type HandlerParts = ServingParts & Pick<InfoSources, "nodes" | "liveAlerts">;

/** The handlers of all RPCs, the hub that they answer from, who records its changes, and the work on USB keys: the caller closes the three. */
export async function createHandlers(
  parts: HandlerParts,
): Promise<{ hub: SnapshotHub; recorder: HistoryRecorder; usb: RunningUsb; handlers: LicenseHandlers }> {
  const { config, store, platform, dataDirectory, log, clock, nodes, liveAlerts } = parts;
  const timers = systemTimers;
  const context = stateContext(parts);
  const hub = await SnapshotHub.start({
    context,
    source: snapshotSource(parts),
    encode: encodeSnapshot,
    clock,
    timers,
    pollMs: config.revisionPollMs,
    log,
  });
  const sources = { hub, clock, timers };
  const { nodeId, requestCode, platformId } = platform;
  const recorder = new HistoryRecorder({ ...sources, store, log, nodeId, programVersion: packageVersion() });
  const licensing: LicensingContext = { ...licensingParts(parts), store, hub, clock, state: context, nodeId };
  const revision = () => hub.current().state.revision;
  const usb = startUsb({ ...parts, licensing });
  const handlers: LicenseHandlers = {
    getLicenseInfo: createGetLicenseInfo({
      ...sources,
      identity: { requestCode, platformId, nodeId },
      nodes,
      liveAlerts,
    }),
    getLicenseRecords: createGetLicenseRecords({ ...sources, store }),
    getLicenseCapabilities: createGetLicenseCapabilities(sources),
    watchLicenseCapabilities: createWatchLicenseCapabilities({ ...sources, heartbeatMs: config.heartbeatMs }),
    explainCapability: createExplainCapability(sources),
    uploadLicense: createUploadLicense(licensing),
    deleteLicense: createDeleteLicense(licensing),
    reloadLicense: createReloadLicense({
      hub,
      usb: usb.ports,
      takeDropped: () => takeDropped({ licensing, folder: join(dataDirectory, DROP_FOLDER), log }),
      reacquire: () => reacquireIfLocked(licensing),
    }),
    getRequestCode: createGetRequestCode({
      requestCode,
      platformId,
      thumbprint: platform.key.thumbprint,
      profile: parts.profile.name,
      revision,
    }),
    listUsbKeys: createListUsbKeys({ ...sources, usb: usb.ports, nodes }),
    listCapabilityChanges: createListCapabilityChanges({ ...sources, store, recorder }),
    putOffReminder: createPutOffReminder(licensing),
    planLicenses: createPlanLicenses(hub),
  };
  return { hub, recorder, usb, handlers };
}

function snapshotSource({ store, url }: ServingParts): SnapshotSource {
  return {
    loadState: store.loadState,
    readRevisions: store.readRevisions,
    loadUsage: store.loadUsage,
    endDueLeases: store.endDueLeases,
    listen: (options) => listenForRevisions(url, options),
  };
}

function stateContext({ config, profile, trust, platform }: ServingParts): StateContext {
  const expected = { thumbprint: platform.key.thumbprint, profile: profile.name };
  return {
    profile,
    productVersion: config.productVersion,
    trust: { hasAnchors: trust.anchors.size > 0, isTestVendorTrusted: trust.isTestVendorTrusted },
    rows: createRowVerifier({ trust, expected, publicKeyX: platform.key.publicKeyX }),
  };
}

function licensingParts({ config, profile, trust, platform }: ServingParts) {
  return {
    trust,
    expected: { thumbprint: platform.key.thumbprint, profile: profile.name },
    platformKey: platform.key,
    limits: { maxPackageBytes: config.packageMaxBytes },
  };
}
