/** What an evaluation was made from, and what a difference between two such inputs is called. */
import { createHash } from "node:crypto";
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
    profile: profile.name,
    productVersion: facts.productVersion ?? "",
    programVersion,
  };
}

/** A database that was edited a lot has many such rows; that the set differs is all that is asked. */
function hashOf(names: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(names.toSorted())).digest("base64url");
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
  return a.epoch === b.epoch && a.revision === b.revision && isSameContent(a, b) && isSameConfiguration(a, b);
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
 * a restore, edits by hand (which no revision counts), uploads, deletions, a re-acquisition, rows that stopped or
 * began to verify, another configuration; else it was usage.
 */
export function causeBetween(before: HistoryInputs, after: HistoryInputs): ChangeCause {
  if (after.epoch !== before.epoch) return "RESTORE";
  if (after.revision === before.revision && !isSameContent(before, after)) return "TAMPERING";
  if (addedSequences(before, after).length > 0) return "UPLOAD";
  if (addedSequences(after, before).length > 0) return "DELETION";
  if ((after.reacquiredAt ?? 0) > (before.reacquiredAt ?? 0)) return "REACQUISITION";
  if (!isSameContent(before, after)) return "TAMPERING";
  return isSameConfiguration(before, after) ? "USAGE" : "CONFIGURATION";
}

/** Upload sequences that `after` has and `before` has not. */
export function addedSequences(before: HistoryInputs, after: HistoryInputs): readonly number[] {
  const known = new Set(before.uploadSequences);
  return after.uploadSequences.filter((sequence) => !known.has(sequence));
}
