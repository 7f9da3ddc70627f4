import { isDeepStrictEqual } from "node:util";
import type { Instant } from "../domain/license.ts";
import { mergeUsbStates, withInstalled } from "../domain/usb/merge.ts";
import { NO_USB_STATE, type UsbState } from "../domain/usb/usb-state.ts";
import type { Logger } from "../log.ts";
import type { PlatformKey } from "../platform/platform-key.ts";
import { readUsbStateRow, signUsbState } from "../platform/usb-rows.ts";
import type { Store } from "../store/store.ts";
import type { Revision } from "../store/types.ts";
import type { StoreTransaction } from "../store/write.ts";
import { readKeptUsbState } from "./usb-state-file.ts";

/** What the state of the USB keys is reconciled with. */
export interface UsbStateParts {
  readonly store: Pick<Store, "readUsb" | "write">;
  readonly dataDirectory: string;
  readonly key: PlatformKey;
  readonly log: Logger;
}

/**
 * Holds what the database remembers of the USB keys against what this node keeps: a removal that either knows has
 * happened, so that no buffer is had twice by an older database (threat 18). The first start of all writes the
 * empty state, so that a missing one means from then on that somebody took it away. A state that does not verify
 * stays as it is: then no key gives anything, until the ports are looked at (EV-8).
 *
 * @returns the revision from which on the database has it; `undefined`: nothing follows from what was done.
 * @throws ServiceError DATABASE_UNAVAILABLE.
 */
export async function reconcileUsbState({
  store,
  dataDirectory,
  key,
  log,
}: UsbStateParts): Promise<Revision | undefined> {
  const kept = (await readKeptUsbState(dataDirectory, key))?.state;
  const { state: document } = await store.readUsb();
  // Asked before a write, which takes turns with those of all nodes.
  if (document !== undefined && (await isWhole(key, document, kept))) return undefined;
  const { result, revision } = await store.write((tx) => reconcileIn(tx, key, kept));
  if (result === undefined || result === "first start") return undefined;
  log.warn(MESSAGES[result]);
  return revision;
}

const MESSAGES = {
  merged: "the database knew less of the USB keys than this data directory; what either knows counts",
  lost: "the database has no history of its USB keys; no buffer runs, and none begins for 60 days",
} as const;

/** As they would be signed: a member that is undefined is not there. */
function isSameState(a: UsbState, b: UsbState): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

/** A history that does not verify is for others to replace. */
async function isWhole(key: PlatformKey, document: string, kept: UsbState | undefined): Promise<boolean> {
  const stored = (await readUsbStateRow(key.publicKeyX, document))?.state;
  return stored === undefined || kept === undefined || isSameState(mergeUsbStates(stored, kept), stored);
}

/** Another node may have been faster. */
async function reconcileIn(
  tx: StoreTransaction,
  key: PlatformKey,
  kept: UsbState | undefined,
): Promise<"first start" | keyof typeof MESSAGES | undefined> {
  const { state: document, databaseNow } = await tx.usb();
  const write = async (state: UsbState) =>
    tx.setUsbState(await signUsbState(key, state, tx.nextRevision.revision));
  if (document === undefined) {
    const isLost = await tx.hasKeyRecords();
    if (kept === undefined && !isLost) {
      await tx.beginUsbState(await signUsbState(key, NO_USB_STATE, tx.revision.revision));
      return "first start";
    }
    await write(beginning(kept ?? NO_USB_STATE, isLost ? databaseNow : undefined));
    return isLost ? "lost" : "merged";
  }
  const stored = (await readUsbStateRow(key.publicKeyX, document))?.state;
  if (stored === undefined || kept === undefined) return undefined;
  const { licenses } = await tx.state();
  const merged = withInstalled(
    mergeUsbStates(stored, kept),
    licenses.map(({ id }) => id),
  );
  if (isSameState(merged, stored)) return undefined;
  await write(merged);
  return "merged";
}

/** What a database begins with that has no history. A buffer that another one knew is over in it. */
function beginning(kept: UsbState, historyLostAt: Instant | undefined): UsbState {
  const known = mergeUsbStates(NO_USB_STATE, kept);
  return {
    ...known,
    historyLostAt: historyLostAt ?? known.historyLostAt,
    keys: known.keys.map((state) => ({ ...state, isBufferVoid: true })),
  };
}
