/** What a drill is: a fault made on purpose on real processes, and the promise that must hold under it. */
import type { Teardown } from "../helpers/rpc-service.ts";

/** One drill. */
export interface Drill {
  readonly name: string;
  /** One line for `--list`: the fault. */
  readonly fault: string;
  /** The promise in full, for `--help` and above the report. */
  readonly promise: string;
  /** How long it takes on two quiet cores, for people. */
  readonly usual: string;
  /** It is given up, as failed, after this long. */
  readonly timeoutMs: number;
  /** @throws CannotRunError when the machine lacks something. */
  run(context: DrillContext): Promise<DrillReport>;
}

/** What a drill is given. */
export interface DrillContext extends Teardown {
  /** Says what is going on: one line on standard error. */
  say(line: string): void;
}

/** What a drill found. */
export interface DrillReport {
  readonly tables: readonly DrillTable[];
  /** Everything that was promised and looked at; the verdict holds when all of them do. */
  readonly findings: readonly Finding[];
}

/** One thing that was promised, and whether it held. */
export interface Finding {
  readonly promise: string;
  readonly holds: boolean;
  /** What was seen, in figures. */
  readonly seen: string;
}

/** A table of figures. */
export interface DrillTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: ReadonlyArray<readonly Cell[]>;
  /** How to read it: a line below. */
  readonly note?: string;
}

/** Numbers are aligned to the right. */
export type Cell = string | number;

/** This machine cannot run the drill; the message says what is missing and how to get it. */
export class CannotRunError extends Error {
  override readonly name = "CannotRunError";
}
