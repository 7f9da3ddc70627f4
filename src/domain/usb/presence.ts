/** Which keys count on which nodes now, by what the nodes say (rules section 8). */
import type { Instant, License } from "../license.ts";
import { isLongAgo, LOST_AFTER_MS } from "./lost-nodes.ts";
import type { DeviceSight, NodeSight } from "./sights.ts";
import { isSameKey, type UsbKeyName } from "./usb-facts.ts";

/** An absence shorter than this is no removal (UK-BU-7). */
export const DEBOUNCE_MS = 10_000;

/** Everything that the state of the keys is worked out from, at one instant of the database's clock. */
export interface UsbObservation {
  readonly at: Instant;
  /** What every node said last. */
  readonly sights: readonly NodeSight[];
  readonly lostNodeIds: ReadonlySet<string>;
  /** Every installed license, those without a key among them. */
  readonly licenses: readonly License[];
}

/** A key that counts on a node. */
export interface CountingKey extends UsbKeyName {
  readonly nodeId: string;
  readonly device: DeviceSight;
  /** Its node saw it in its last scan; else it is there only by the debounce. */
  readonly isSeen: boolean;
}

/**
 * The keys that count, each on one node: where it was seen last. One that two nodes have seen for a minute (copies
 * of a key that proves nothing) stays where it is.
 *
 * @param placeOf node on which a key gives its rights by now
 */
export function countingKeys(
  observation: UsbObservation,
  placeOf: (key: UsbKeyName) => string | undefined = () => undefined,
): readonly CountingKey[] {
  const latest = new Map<string, CountingKey>();
  for (const sight of observation.sights) {
    for (const device of sight.devices) {
      if (!isStillThere(observation, sight, device) || !isUsable(observation.licenses, device)) continue;
      const { keyId, thumbprint } = device;
      const name = `${keyId} ${thumbprint}`;
      const known = latest.get(name);
      const found = {
        keyId,
        thumbprint,
        nodeId: sight.nodeId,
        device,
        isSeen: device.seenAt >= (sight.scannedAt ?? 0),
      };
      if (known === undefined || isRather(found, known, placeOf(device), observation.at))
        latest.set(name, found);
    }
  }
  return [...latest.values()].sort(byName);
}

/** The keys that give their rights: each is the only counting one on its node. */
export function givingKeys(counting: readonly CountingKey[]): readonly CountingKey[] {
  const byNode = Map.groupBy(counting, ({ nodeId }) => nodeId);
  return counting.filter(({ nodeId }) => byNode.get(nodeId)?.length === 1);
}

/** A device is there as long as its node sees it, and then for {@link DEBOUNCE_MS}, unless another key took its place. */
function isStillThere({ at, lostNodeIds, licenses }: UsbObservation, sight: NodeSight, device: DeviceSight) {
  const { nodeId, scannedAt, unavailable, devices } = sight;
  if (scannedAt === undefined || lostNodeIds.has(nodeId)) return false;
  // A node that lives and does not look has lost its keys as one that is lost (UK-BU-9).
  if (unavailable !== undefined && isLongAgo(scannedAt, at)) return false;
  if (device.seenAt >= scannedAt) return true;
  if (at - device.seenAt >= DEBOUNCE_MS) return false;
  return !devices.some(
    (other) =>
      other.seenAt >= scannedAt &&
      other.arrivedAt > device.seenAt &&
      isUsable(licenses, other) &&
      !isSameKey(other, device),
  );
}

/** Readable, verified for this vendor, with a license on it or installed for it. */
function isUsable(licenses: readonly License[], device: DeviceSight): boolean {
  return device.isProven && (device.hasLicense || licensesOf(licenses, device).length > 0);
}

/** The licenses that are bound to a key. */
export function licensesOf<L extends License>(licenses: readonly L[], key: UsbKeyName): readonly L[] {
  return licenses.filter(({ binding }) => binding.method === "usb-key" && isSameKey(binding, key));
}

/** Which of two nodes that name one key has it; the order of their ids decides last, on every node alike. */
function isRather(found: CountingKey, known: CountingKey, place: string | undefined, at: Instant): boolean {
  if (found.isSeen !== known.isSeen) return found.isSeen;
  const isLongAtBoth = [found, known].every(({ device }) => at - device.arrivedAt >= LOST_AFTER_MS);
  if (isLongAtBoth && [found.nodeId, known.nodeId].includes(place ?? "")) return found.nodeId === place;
  if (found.device.seenAt !== known.device.seenAt) return found.device.seenAt > known.device.seenAt;
  return found.nodeId < known.nodeId;
}

/** By key id, then thumbprint. */
export function byName(a: UsbKeyName, b: UsbKeyName): number {
  if (a.keyId !== b.keyId) return a.keyId < b.keyId ? -1 : 1;
  return a.thumbprint < b.thumbprint ? -1 : a.thumbprint === b.thumbprint ? 0 : 1;
}
