import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { writeFileDurably } from "../platform/durable-file.ts";
import { fileProblem } from "../platform/file-problem.ts";
import { shownPath } from "../platform/shown-path.ts";
import type { Alert } from "./alert.ts";
import { KEPT_STATE_FILE, keptStateText, MAX_KEPT_STATE_BYTES } from "./kept-state.ts";
import { hasSameRows, type LicenseState } from "./license-state.ts";
import { isSameRevision } from "./revision.ts";
import { singleFlight } from "./single-flight.ts";
import type { SnapshotHub } from "./snapshot-hub.ts";
import type { Timer, Timers } from "./timers.ts";

/** How often a write that failed is tried again while no new revision comes. */
const RETRY_MS = 60_000;

/** What a {@link StateKeeper} works with. */
export interface StateKeeperOptions {
  readonly hub: SnapshotHub;
  /** The data directory, locked for this process. */
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
}

/**
 * Keeps the licenses of now in the data directory, so that they can be read there while no server runs
 * (ZL-6). It writes behind the answers: none waits for the disk, and none fails because of it.
 */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  readonly #path: string;
  readonly #keep: () => Promise<void>;
  readonly #unsubscribe: () => void;
  #kept: LicenseState | undefined;
  /** Why the latest state is not on disk; `undefined`: it is, or is being written. */
  #problem: string | undefined;
  #retry: Timer | undefined;
  #writing: Promise<void>;
  #isClean = false;
  #isClosed = false;

  /** Begins to keep the state that the hub has now, and every later one. */
  constructor(options: StateKeeperOptions) {
    this.#options = options;
    this.#path = join(options.dataDirectory, KEPT_STATE_FILE);
    // One write at a time, of the latest state: an older one never replaces a newer one.
    this.#keep = singleFlight(() => this.#write());
    this.#unsubscribe = options.hub.subscribe(() => this.#start());
    this.#writing = this.#keep();
  }

  /** An alert while the latest state is not on disk. */
  alerts(): readonly Alert[] {
    if (this.#problem === undefined) return [];
    return [
      {
        kind: "DATA_DIRECTORY",
        severity: "WARNING",
        message: `The licenses cannot be kept in the data directory: ${this.#problem}. While no server runs they cannot be read there, or only as they were before.`,
        remedy: `Make ${shownPath(this.#path)} writable again; the server tries it every minute.`,
        subject: KEPT_STATE_FILE,
      },
    ];
  }

  /** Ends the keeping, after the write that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#retry?.cancel();
    await this.#writing;
  }

  #start(): void {
    this.#writing = this.#keep();
  }

  /** Never rejects. */
  async #write(): Promise<void> {
    // The answers that the new state was read for go out first: to make the text takes longer than they do.
    await setImmediate();
    const { state } = this.#options.hub.current();
    if (isSameContent(state, this.#kept)) return;
    this.#retry?.cancel();
    try {
      if (!this.#isClean) await this.#removeLeftovers();
      await writeFileDurably(this.#path, this.#textOf(state));
      this.#kept = state;
      this.#succeeded();
    } catch (error) {
      this.#failed(error);
    }
  }

  #textOf({ stored, profile, facts }: LicenseState): string {
    const text = keptStateText({
      writtenAt: this.#options.clock.now(),
      profile: profile.name,
      productVersion: facts.productVersion,
      stored,
    });
    if (Buffer.byteLength(text) <= MAX_KEPT_STATE_BYTES) return text;
    throw new Error(`they are more than ${MAX_KEPT_STATE_BYTES} bytes`);
  }

  #succeeded(): void {
    if (this.#problem !== undefined)
      this.#options.log.info("the licenses are kept in the data directory again");
    this.#problem = undefined;
  }

  #failed(error: unknown): void {
    const { log, timers } = this.#options;
    if (this.#problem === undefined) {
      log.error({ err: error }, "the licenses cannot be kept in the data directory; serving goes on");
    }
    this.#problem = fileProblem(error);
    if (!this.#isClosed) this.#retry = timers.after(RETRY_MS, () => this.#start());
  }

  /** What a process that was killed in the middle of a write has left. No other process writes here. */
  async #removeLeftovers(): Promise<void> {
    const { dataDirectory } = this.#options;
    const names = await readdir(dataDirectory);
    const leftovers = names.filter((name) => name.startsWith(`${KEPT_STATE_FILE}.`) && name.endsWith(".tmp"));
    for (const name of leftovers) await rm(join(dataDirectory, name), { force: true });
    this.#isClean = true;
  }
}

function isSameContent(a: LicenseState, b: LicenseState | undefined): boolean {
  return b !== undefined && isSameRevision(a.revision, b.revision) && hasSameRows(a, b);
}
