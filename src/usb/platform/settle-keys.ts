/**
 * Brings the state of the USB keys up to what the nodes see, in one guarded transaction: of two nodes that see one
 * removal the second finds it written (UK-BU-8).
 */
import type { Instant } from "../../domain/license.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { lostNodes } from "../../domain/usb/lost-nodes.ts";
import type { NodeSight } from "../../domain/usb/sights.ts";
import { lostHistory, observe } from "../../domain/usb/transition.ts";
import type { UsbKeyName } from "../../domain/usb/usb-facts.ts";
import type { UsbState } from "../../domain/usb/usb-state.ts";
import type { PackageReading } from "../../license-file/read-package.ts";
import { changeLicenses, type LicensingContext, type Locked } from "../../licensing/licensing-context.ts";
import { takeKeyLicenses } from "../../licensing/take-key-licenses.ts";
import { signUsbState } from "../../platform/usb-rows.ts";
import { readLicenseState } from "../../snapshot/license-state.ts";
import { livesOf } from "./lives.ts";
import type { SightReader } from "./sight-reader.ts";

/** A key on this node whose licenses are to be taken. */
export interface KeyToTake {
  /** As the bus names this stay of the device. */
  readonly deviceId: string;
  readonly name: UsbKeyName;
  readonly reading: PackageReading;
  /** It was plugged in since its licenses were last taken. */
  readonly isArrival: boolean;
}

/** What is settled, and with what. */
export interface SettleParts {
  readonly licensing: LicensingContext;
  readonly reader: SightReader;
  readonly toTake: readonly KeyToTake[];
  /** This node's sight, given whose licenses are refused, by device; `undefined`: the stored one stands. */
  readonly ownSight: (refusedBy: ReadonlyMap<string, Refusal>) => NodeSight | undefined;
  /** Since when this node hears of the others without a gap. */
  readonly listeningSince: Instant | undefined;
  /** The last state that this process saw to verify: the history goes on from it when the stored one does not. */
  readonly lastKnown: UsbState | undefined;
}

/** What settling came to. */
export interface Settled {
  readonly state: UsbState;
  /** Why licenses on devices were refused, by device; one whose licenses were taken is not there. */
  readonly refusedBy: ReadonlyMap<string, Refusal>;
}

/**
 * Takes licenses and writes the state, where that changes anything.
 *
 * @throws ServiceError DATABASE_UNAVAILABLE, BUSY
 */
export async function settleKeys(parts: SettleParts): Promise<Settled> {
  const { result } = await changeLicenses(parts.licensing, (locked) => settle(parts, locked));
  return result;
}

async function settle(parts: SettleParts, locked: Locked): Promise<Settled> {
  const { licensing, reader, ownSight, lastKnown, listeningSince } = parts;
  const { tx, state } = locked;
  const reading = await tx.usb();
  const at = reading.databaseNow;
  const taken = await takeAll(parts, locked, state.usb ?? lostHistory(lastKnown, at));
  const own = ownSight(taken.refusedBy);
  const stored = await reader.read(reading);
  const sights = own === undefined ? stored : [...stored.filter(({ nodeId }) => nodeId !== own.nodeId), own];
  const { licenses } = taken.isChanged ? await readLicenseState(licensing.state, await tx.state()) : state;
  const next = observe(taken.state, {
    at,
    sights,
    lostNodeIds: lostNodes(livesOf(reading, sights), at, listeningSince),
    licenses,
  });
  if (next !== state.usb) {
    await tx.setUsbState(await signUsbState(licensing.platformKey, next, tx.nextRevision.revision));
  }
  return { state: next, refusedBy: taken.refusedBy };
}

/** Takes the licenses of one key after the other, each on the state that the one before left. */
async function takeAll({ licensing, toTake }: SettleParts, locked: Locked, before: UsbState) {
  const refusedBy = new Map<string, Refusal>();
  let state = before;
  let isChanged = false;
  let { state: licenseState } = locked;
  for (const { deviceId, ...key } of toTake) {
    if (isChanged) licenseState = await readLicenseState(licensing.state, await locked.tx.state());
    const taken = await takeKeyLicenses(licensing, { ...locked, state: licenseState }, state, key);
    isChanged ||= taken.state !== state || taken.installed.length > 0;
    state = taken.state;
    const [refusal] = taken.refusals;
    if (refusal !== undefined) refusedBy.set(deviceId, refusal);
  }
  return { state, refusedBy, isChanged };
}
