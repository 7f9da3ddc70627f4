import type { NodeSight } from "../../domain/usb/sights.ts";
import type { Timers } from "../../snapshot/timers.ts";
import type { Store } from "../../store/store.ts";
import type { UsbReading } from "../../store/usb.ts";
import type { SightReader } from "./sight-reader.ts";
import type { NodeScan } from "./usb-overview.ts";

/** How long nodes have to look at their ports. */
const PATIENCE_MS = 5_000;
/** How often the store is asked whether they have. */
const ASK_MS = 250;
/** A node without a heartbeat for so long is not waited for: two of its heartbeats are missing. */
const AWAY_AFTER_MS = 25_000;

/** What {@link scanAll} works with. */
export interface ScanParts {
  readonly store: Pick<Store, "readUsb">;
  readonly timers: Timers;
  readonly reader: SightReader;
}

/** Waits until every living node has answered a scan request, at most {@link PATIENCE_MS}. */
export async function scanAll(parts: ScanParts, request: number): Promise<readonly NodeScan[]> {
  const { store, timers, reader } = parts;
  for (let waitedMs = 0; ; waitedMs += ASK_MS) {
    const reading = await store.readUsb();
    const scans = scansOf(reading, await reader.read(reading), request);
    if (waitedMs >= PATIENCE_MS || scans.every(({ outcome }) => outcome !== "NO_ANSWER")) return scans;
    await new Promise<void>((resolve) => void timers.after(ASK_MS, resolve));
  }
}

function scansOf(reading: UsbReading, sights: readonly NodeSight[], request: number): readonly NodeScan[] {
  return reading.nodes
    .map(({ id: nodeId, heartbeatAt }): NodeScan => {
      const sight = sights.find((other) => other.nodeId === nodeId);
      const isAway = reading.databaseNow - heartbeatAt >= AWAY_AFTER_MS;
      return { nodeId, outcome: outcomeOf(sight, isAway, request), keyCount: countOf(sight) };
    })
    .sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

function outcomeOf(sight: NodeSight | undefined, isAway: boolean, request: number): NodeScan["outcome"] {
  const hasAnswered = sight !== undefined && sight.scanRequest >= request;
  if (hasAnswered) return sight.unavailable === undefined ? "DONE" : "UNAVAILABLE";
  return isAway ? "AWAY" : "NO_ANSWER";
}

/** Devices that are there, counting or not. */
function countOf(sight: NodeSight | undefined): number {
  const { scannedAt, unavailable, devices } = sight ?? { devices: [] };
  if (scannedAt === undefined || unavailable !== undefined) return 0;
  return devices.filter(({ seenAt }) => seenAt >= scannedAt).length;
}
