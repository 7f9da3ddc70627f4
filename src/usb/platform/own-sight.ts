/** What this node says of its ports, in the database's time. */
import type { Instant } from "../../domain/license.ts";
import { DEBOUNCE_MS } from "../../domain/usb/presence.ts";
import type { DeviceSight, NodeSight } from "../../domain/usb/sights.ts";
import { isSameKey } from "../../domain/usb/usb-facts.ts";
import type { AgentReport, SeenDevice } from "../agent/report.ts";

/** How long a key that left is told of: its last sight is what a removal counts from. */
const REMEMBERED_MS = 24 * 60 * 60_000;

/** What {@link ownSight} is made from. */
export interface OwnSightParts {
  readonly nodeId: string;
  readonly report: AgentReport;
  /** What this node said last, in this process or one before; `undefined`: nothing. */
  readonly previous: NodeSight | undefined;
  /** The latest scan request that the report has answered. */
  readonly scanRequest: number;
  /** Why a license on a device was refused when it was to be taken, by device. */
  readonly refusedBy: ReadonlyMap<string, string>;
  /** Now, by the database's clock. */
  readonly at: Instant;
  /** Turns a time of the report into one of the database. */
  readonly toInstant: (ms: number) => Instant;
}

/**
 * The sight to write; `undefined`: there is nothing to say before the first completed scan, and what the process
 * before said stands (UK-BU-9).
 */
export function ownSight(parts: OwnSightParts): NodeSight | undefined {
  const { nodeId, report, previous, scanRequest, at: writtenAt, toInstant } = parts;
  if (report.unavailable !== undefined) {
    return {
      nodeId,
      writtenAt,
      scannedAt: previous?.scannedAt,
      unavailable: report.unavailable.reason,
      scanRequest,
      devices: previous?.devices ?? [],
    };
  }
  if (report.scannedMs === undefined) return undefined;
  const scannedAt = toInstant(report.scannedMs);
  const present = report.devices.map((device) => deviceSight(parts, device, scannedAt));
  const gone = report.gone.map((device) => deviceSight(parts, device, scannedAt));
  const left = latestOfEach([...gone, ...(previous?.devices ?? [])]).filter(
    (device) =>
      device.keyId !== "" &&
      Math.abs(scannedAt - device.seenAt) < REMEMBERED_MS &&
      !present.some((other) => isSameKey(other, device)),
  );
  const absent = left.map((device) => (device.seenAt < scannedAt ? device : longGone(device, scannedAt)));
  return {
    nodeId,
    writtenAt,
    scannedAt,
    unavailable: undefined,
    scanRequest,
    devices: [...present, ...absent],
  };
}

/** Of each key what is known latest of it. */
function latestOfEach(devices: readonly DeviceSight[]): readonly DeviceSight[] {
  const latest = new Map<string, DeviceSight>();
  for (const device of devices) {
    const name = `${device.keyId} ${device.thumbprint}`;
    const known = latest.get(name);
    if (known === undefined || known.seenAt < device.seenAt) latest.set(name, device);
  }
  return [...latest.values()];
}

/** Since the database's clock was set back nobody knows when it left: it does not come back for that (UK-BU-7). */
function longGone(device: DeviceSight, scannedAt: Instant): DeviceSight {
  return { ...device, seenAt: scannedAt - DEBOUNCE_MS };
}

function deviceSight(
  { report, refusedBy, toInstant }: OwnSightParts,
  device: SeenDevice,
  scannedAt: Instant,
): DeviceSight {
  const { id, port, key, arrivedMs, seenMs, provedMs, isProven, mark } = device;
  const refusal = refusedBy.get(id);
  const hasLicense =
    device.problem === undefined && refusal === undefined && (key?.reading.files.length ?? 0) > 0;
  return {
    port,
    keyId: key?.keyId ?? "",
    thumbprint: key?.thumbprint ?? "",
    model: key?.model ?? "",
    seenAt: seenMs === report.scannedMs ? scannedAt : toInstant(seenMs),
    arrivedAt: toInstant(arrivedMs),
    provedAt: provedMs === undefined ? undefined : toInstant(provedMs),
    isProven: isProven && key !== undefined,
    hasLicense,
    mark,
    problem: device.problem ?? (refusal === undefined ? undefined : "LICENSE_REFUSED"),
    licenseReason: device.licenseReason ?? refusal,
  };
}
