/** What the history of effective changes is kept as. */
import type { CapabilityReason, CapabilityState, OperationClass, Outcome } from "../domain/evaluation.ts";
import type { Instant } from "../domain/license.ts";
import type { Revision } from "./types.ts";

/** What made a capability change, in the words of the contract. */
export type ChangeCause =
  | "TIME"
  | "UPLOAD"
  | "DELETION"
  | "USAGE"
  | "REACQUISITION"
  | "RESTORE"
  | "TAMPERING"
  | "CONFIGURATION"
  | "USB_KEY";

/** The part of an outcome that the history tells; the entry follows from it. */
export type RecordedOutcome = Pick<Outcome, "state" | "reason" | "operations">;

/** What an evaluation was made from, as far as it takes to say later what has changed. */
export interface HistoryInputs {
  readonly epoch: bigint;
  readonly revision: bigint;
  readonly usageRevision: bigint;
  /** Of every installed license, ascending: no number is given twice (LI-2). */
  readonly uploadSequences: readonly number[];
  /** The latest re-acquisition that verifies; `undefined`: there is none. */
  readonly reacquiredAt: Instant | undefined;
  /** Stands for the rows that do not verify. */
  readonly tamperedHash: string;
  /** Stands for the USB keys that give rights and the buffers that are not void; empty: there is none. */
  readonly usbHash: string;
  readonly profile: string;
  /** Empty: not known. */
  readonly productVersion: string;
  /** Of the program that evaluated. */
  readonly programVersion: string;
}

/** Up to where the history goes. */
export interface HistoryPoint {
  readonly inputs: HistoryInputs;
  /** The instant that {@link outcomes} are of. */
  readonly evaluatedAt: Instant;
  /** Of every capability of the profile, by key. */
  readonly outcomes: ReadonlyMap<string, RecordedOutcome>;
}

/** The point that stands in the database. */
export interface HistoryMark extends HistoryPoint {
  /** Raised with every move: who moves the mark names the version that it read. */
  readonly version: bigint;
  /** Node that moved it last. */
  readonly nodeId: string;
  /** That node has not been heard of for a while, by the database's clock. */
  readonly isNodeAway: boolean;
}

/** One change that is to be recorded. */
export interface NewChange {
  readonly effectiveAt: Instant;
  readonly key: string;
  readonly before: RecordedOutcome;
  readonly after: RecordedOutcome;
  readonly cause: ChangeCause;
  /** Ids of the licenses that decide after it, ascending. */
  readonly licenseIds: readonly string[];
  /** Why, in one sentence. */
  readonly explanation: string;
  /** Of the licenses at the change. */
  readonly epoch: bigint;
  readonly revision: bigint;
}

/** One recorded change, as its row tells it. */
export interface ChangeRow {
  /** From 1, without gaps. */
  readonly sequence: bigint;
  readonly effectiveAt: Instant;
  /** By the clock of the node that recorded it. */
  readonly recordedAt: Instant;
  readonly key: string;
  readonly stateBefore: CapabilityState;
  readonly reasonBefore: CapabilityReason;
  readonly stateAfter: CapabilityState;
  readonly reasonAfter: CapabilityReason;
  readonly operationsAfter: readonly OperationClass[];
  readonly cause: ChangeCause;
  readonly licenseIds: readonly string[];
  readonly explanation: string;
  readonly revision: Revision;
  readonly nodeId: string;
}
