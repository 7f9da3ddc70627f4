/** What a bench is given and what it answers. */
import type { Teardown } from "../helpers/rpc-service.ts";

/** One cell of a table. */
export type Cell = string | number;

/** One column of a table. */
export interface Column {
  /** Key of its cells in the rows. */
  readonly key: string;
  /** Heading, with the unit. */
  readonly title: string;
  /** Digits after the point of numbers. Default: 0. */
  readonly digits?: number;
}

/** What was measured, row by row. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: ReadonlyArray<Readonly<Record<string, Cell>>>;
}

/** A number to reach, and whether it was. */
export interface Goal {
  readonly what: string;
  /** Such as "< 250 MB". */
  readonly toReach: string;
  /** Such as "173 MB". */
  readonly measured: string;
  readonly isReached: boolean;
}

/** What a bench answers. */
export interface Measurement {
  readonly goals: readonly Goal[];
  readonly tables: readonly Table[];
  /** Facts of this run that its tables do not show: sizes, settings, checks made. */
  readonly notes: readonly string[];
}

/** What a bench is given. Work handed to `teardown` is done after it in reverse order, whatever becomes of it. */
export interface BenchContext extends Teardown {
  /** Tiny sizes: to see that the bench works, not to measure. */
  readonly isQuick: boolean;
  /** Tells the person who waits how far it is. */
  say(line: string): void;
}

/** A bench as the runner knows it. */
export interface Bench {
  readonly name: string;
  /** One line for `--list`. */
  readonly summary: string;
  /** @throws MissingProgram; any other error ends the bench as failed. */
  measure(context: BenchContext): Promise<Measurement>;
}

/** A program that the bench needs is not installed; its message says how to get it. */
export class MissingProgram extends Error {
  override readonly name = "MissingProgram";
}
