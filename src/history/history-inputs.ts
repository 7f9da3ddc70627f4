/** What an evaluation was made from, and what a difference between two such inputs is called. */
import { createHash } from "node:crypto";
import { NO_USB_KEYS, type UsbFacts } from "../domain/usb/usb-facts.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import type { ChangeCause, HistoryInputs } from "../store/history-types.ts";

/** The inputs of a state. */
export function inputsOf(state: LicenseState, programVersion: string): HistoryInputs {
  const { revision, usageRevision, stored, facts, tampered, profile } = state;
  return {
    epoch: revision.epoch,
    revision: revision.revision,
    usageRevision,
    uploadSequences: stored.licenses.map(({ uploadSequence }) => uploadSequence),
    reacquiredAt: facts.reacquiredAt.length === 0 ? undefined : Math.max(...facts.reacquiredAt),
    tamperedHash: hashOf(tampered.map(({ table, id }) => `${table}/${id}`)),
    usbHash: usbHashOf(facts.usb ?? NO_USB_KEYS),
    profile: profile.name,
    productVersion: facts.productVersion ?? "",
    programVersion,
  };
}

/** A database that was edited a lot has many such rows; that the set differs is all that is asked. */
function hashOf(names: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(names.toSorted())).digest("base64url");
}

/** Whether a key is looked at is no part of it: each node may see that differently, and time alone tells the end. */
function usbHashOf({ giving, buffers }: UsbFacts): string {
  const names = [
    ...giving.map(({ keyId, thumbprint }) => JSON.stringify([keyId, thumbprint])),
    ...buffers.map(({ keyId, thumbprint, startsAt, endsAt }) =>
      JSON.stringify([keyId, thumbprint, startsAt, endsAt]),
    ),
  ];
  return names.length === 0 ? "" : hashOf(names);
}

/**
 * Compares how new two inputs are: negative, `a` is older. Usage counts apart from the licenses, and within
 * them.
 */
export function compareAge(a: HistoryInputs, b: HistoryInputs): number {
  return (
    compare(a.epoch, b.epoch) || compare(a.revision, b.revision) || compare(a.usageRevision, b.usageRevision)
  );
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}

/** Whether two inputs are of one program and product, so that only the store tells them apart. */
export function isSameConfiguration(a: HistoryInputs, b: HistoryInputs): boolean {
  return (
    a.profile === b.profile && a.productVersion === b.productVersion && a.programVersion === b.programVersion
  );
}

/** Whether two inputs are the same but for usage, which alone moves no mark. */
export function isSameButUsage(a: HistoryInputs, b: HistoryInputs): boolean {
  return (
    a.epoch === b.epoch &&
    a.revision === b.revision &&
    isSameContent(a, b) &&
    a.usbHash === b.usbHash &&
    isSameConfiguration(a, b)
  );
}

function isSameContent(a: HistoryInputs, b: HistoryInputs): boolean {
  return (
    a.uploadSequences.length === b.uploadSequences.length &&
    a.uploadSequences.every((sequence, i) => sequence === b.uploadSequences[i]) &&
    a.reacquiredAt === b.reacquiredAt &&
    a.tamperedHash === b.tamperedHash
  );
}

/**
 * What made the difference between two inputs, `after` being the newer. Of several causes in one step the first:
 * a restore, edits by hand (which no revision counts), USB keys that came or went (which may bring licenses),
 * uploads, deletions, a re-acquisition, rows that stopped or began to verify, another configuration; else it was
 * usage.
 */
export function causeBetween(before: HistoryInputs, after: HistoryInputs): ChangeCause {
  if (after.epoch !== before.epoch) return "RESTORE";
  if (after.revision === before.revision && !isSameContent(before, after)) return "TAMPERING";
  if (isUsbMoved(before, after)) return "USB_KEY";
  if (addedSequences(before, after).length > 0) return "UPLOAD";
  if (addedSequences(after, before).length > 0) return "DELETION";
  if ((after.reacquiredAt ?? 0) > (before.reacquiredAt ?? 0)) return "REACQUISITION";
  if (!isSameContent(before, after)) return "TAMPERING";
  if (!isSameConfiguration(before, after)) return "CONFIGURATION";
  // What no input tells: that somebody looks again at a key which nobody had looked at for long.
  const isLookedAt = after.usbHash !== "" && after.usageRevision === before.usageRevision;
  return isLookedAt ? "USB_KEY" : "USAGE";
}

/** A history that stops or begins to verify moves the keys as well, and that is tampering. */
function isUsbMoved(before: HistoryInputs, after: HistoryInputs): boolean {
  return before.usbHash !== after.usbHash && before.tamperedHash === after.tamperedHash;
}

/** Upload sequences that `after` has and `before` has not. */
export function addedSequences(before: HistoryInputs, after: HistoryInputs): readonly number[] {
  const known = new Set(before.uploadSequences);
  return after.uploadSequences.filter((sequence) => !known.has(sequence));
}
