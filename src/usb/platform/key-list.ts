/** Every key in the ports of the platform with what it is worth there: pure, for answers and metrics alike. */
import type { InstalledLicense } from "../../domain/license.ts";
import { type CountingKey, countingKeys } from "../../domain/usb/presence.ts";
import type { DeviceProblem, DeviceSight, NodeSight } from "../../domain/usb/sights.ts";
import { isSameKey, type UsbKeyName } from "../../domain/usb/usb-facts.ts";
import { NO_USB_STATE, placesIn, type UsbState } from "../../domain/usb/usb-state.ts";
import type { UsbOverview } from "./usb-overview.ts";

/** What a key is worth on the node that sees it. */
export const KEY_STANDINGS = ["GIVING", "BESIDE_OTHERS", "JUST_GONE", "NOT_COUNTING"] as const;
export type KeyStanding = (typeof KEY_STANDINGS)[number];

/** Why a key does not count. */
export type KeyProblem = DeviceProblem | "NO_LICENSE";

/** A key in the port of a node, or one that was there until moments ago. */
export interface ListedKey {
  readonly nodeId: string;
  readonly device: DeviceSight;
  readonly standing: KeyStanding;
  /** Why it is NOT_COUNTING; `undefined`: nothing is against it, it only was not taken into account yet. */
  readonly problem: KeyProblem | undefined;
  /** Verified installed licenses that are bound to it, ascending. */
  readonly licenseIds: readonly string[];
}

/** What a list of keys is made from beside the ports. */
export interface KeyRights {
  /** What is remembered of the keys; `undefined`: it does not verify. */
  readonly usb: UsbState | undefined;
  /** Every installed license. */
  readonly licenses: readonly InstalledLicense[];
}

/**
 * The keys of all nodes, by node, key id and port. A key that has moved is listed where it was seen last; one that
 * is gone only while what it gave still counts (UK-BU-7); one of a lost node is not.
 */
export function listKeys(overview: UsbOverview, rights: KeyRights): readonly ListedKey[] {
  const { sights, lostNodeIds, readAt } = overview;
  const { licenses } = rights;
  if (readAt === undefined) return [];
  const counting = countingKeys(
    { at: readAt, sights, lostNodeIds, licenses },
    placesIn(rights.usb ?? NO_USB_STATE),
  );
  const idsOf = licenseIdsByKey(licenses);
  return sights
    .filter(({ nodeId }) => !lostNodeIds.has(nodeId))
    .flatMap((sight) =>
      sight.devices.flatMap((device) => {
        const licenseIds = idsOf(device);
        const worth = worthOf(sight, device, counting, rights.usb, licenseIds);
        return worth === undefined ? [] : [{ nodeId: sight.nodeId, device, licenseIds, ...worth }];
      }),
    )
    .sort(byPlace);
}

type Worth = Pick<ListedKey, "standing" | "problem">;

/** `undefined`: it is not listed. */
function worthOf(
  { nodeId, scannedAt }: NodeSight,
  device: DeviceSight,
  counting: readonly CountingKey[],
  usb: UsbState | undefined,
  licenseIds: readonly string[],
): Worth | undefined {
  if (scannedAt === undefined) return undefined;
  const isGone = device.seenAt < scannedAt;
  const place = counting.find((key) => isSameKey(key, device));
  if (place?.device !== device) {
    const hasMoved = place !== undefined && device.isProven;
    return isGone || hasMoved ? undefined : notCounting(problemOf(device, licenseIds));
  }
  if (isGone) return { standing: "JUST_GONE", problem: undefined };
  const givesOn = usb?.keys.find((key) => isSameKey(key, device))?.givesOn;
  const isBeside = counting.some((other) => other.nodeId === nodeId && other !== place);
  if (givesOn === nodeId) return { standing: "GIVING", problem: undefined };
  if (isBeside) return { standing: "BESIDE_OTHERS", problem: undefined };
  return givesOn === undefined ? notCounting(undefined) : { standing: "GIVING", problem: undefined };
}

function notCounting(problem: KeyProblem | undefined): Worth {
  return { standing: "NOT_COUNTING", problem };
}

function problemOf(
  { problem, isProven, hasLicense }: DeviceSight,
  licenseIds: readonly string[],
): KeyProblem | undefined {
  return problem ?? (isProven && !hasLicense && licenseIds.length === 0 ? "NO_LICENSE" : undefined);
}

function licenseIdsByKey(licenses: readonly InstalledLicense[]): (key: UsbKeyName) => readonly string[] {
  const ids = new Map<string, string[]>();
  for (const { id, binding } of licenses) {
    if (binding.method !== "usb-key") continue;
    const name = nameOf(binding);
    ids.set(name, [...(ids.get(name) ?? []), id].sort());
  }
  return (key) => ids.get(nameOf(key)) ?? [];
}

function nameOf({ keyId, thumbprint }: UsbKeyName): string {
  return `${keyId} ${thumbprint}`;
}

function byPlace(a: ListedKey, b: ListedKey): number {
  return (
    compare(a.nodeId, b.nodeId) ||
    compare(a.device.keyId, b.device.keyId) ||
    compare(a.device.port, b.device.port)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
