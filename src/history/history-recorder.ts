/**
 * Writes the history of effective changes behind the answers: no read and no upload waits for it. Every node
 * does; the mark in the database sees to it that each change is recorded once.
 */
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import { withPatience } from "../snapshot/patience.ts";
import { singleFlight } from "../snapshot/single-flight.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { Timer, Timers } from "../snapshot/timers.ts";
import type { HistoryMove } from "../store/history-mark.ts";
import type { HistoryMark } from "../store/history-types.ts";
import { present } from "../store/revisions.ts";
import type { Store } from "../store/store.ts";
import { compareAge, inputsOf, isSameButUsage, isSameConfiguration } from "./history-inputs.ts";
import { isSameOutcomes, type Outcomes, outcomesOf } from "./outcomes.ts";
import {
  firstPoint,
  isTurnedBack,
  type SeenState,
  type WorkedOut,
  workOutHistory,
} from "./work-out-history.ts";

/** What a {@link HistoryRecorder} works with. */
export interface HistoryRecorderOptions {
  readonly hub: SnapshotHub;
  readonly store: Pick<Store, "readHistoryMark" | "moveHistory">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
  readonly nodeId: string;
  /** Version of this program. */
  readonly programVersion: string;
}

/** How often the mark is compared though nothing was seen to change: for what another node recorded and then died, and after a failure. */
const LOOK_MS = 60_000;

/** When a write that failed is tried again. */
const RETRY_MS = 5_000;

/** How long a reader of the history waits for what is being recorded. */
const PATIENCE_MS = 2_000;

/** How many states are kept while the database takes no history; older ones are merged into the next. */
const MOST_SEEN = 100;

/** How often rivals may be first before the next look is waited for. */
const MOST_RACES = 20;

/** One way from the mark to what this node sees. */
interface Attempt {
  readonly mark: HistoryMark | undefined;
  readonly latest: SeenState;
  readonly work?: WorkedOut;
  readonly move?: HistoryMove;
}

/** Records the changes that a node sees. Follows the hub from its making until {@link HistoryRecorder.close}. */
export class HistoryRecorder {
  readonly #options: HistoryRecorderOptions;
  readonly #unsubscribe: () => void;
  readonly #record: () => Promise<void>;
  #seen: SeenState[] = [];
  #outcomes: Outcomes | undefined;
  #timer: Timer | undefined;
  #recording: Promise<void>;
  #isBehind = false;
  #isClosed = false;

  constructor(options: HistoryRecorderOptions) {
    this.#options = options;
    this.#record = singleFlight(() => this.#run());
    this.#see(options.hub.current());
    this.#unsubscribe = options.hub.subscribe((snapshot) => {
      if (this.#see(snapshot)) this.#start();
    });
    this.#recording = this.#record();
  }

  /** Resolves once what this node has seen is recorded, or cannot be for now; after 2 s at the latest. */
  async caughtUp(): Promise<void> {
    // A change by time alone may be due that no timer has told yet.
    this.#options.hub.current();
    await withPatience(this.#options.timers, PATIENCE_MS, this.#recording).catch(() => undefined);
  }

  /** Ends the recording, after the write that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#timer?.cancel();
    await this.#recording;
  }

  #start(): void {
    if (this.#isClosed) return;
    this.#recording = this.#record();
  }

  /** Takes note of a snapshot. `false`: it only tells other numbers of use. */
  #see({ state, evaluation }: Snapshot): boolean {
    const outcomes = outcomesOf(evaluation);
    const last = this.#seen.at(-1);
    const isSame =
      last !== undefined &&
      this.#outcomes !== undefined &&
      isSameButUsage(this.#inputsOf(last.state), this.#inputsOf(state)) &&
      isSameOutcomes(this.#outcomes, outcomes);
    this.#outcomes = outcomes;
    if (last === undefined || !(isSame || last.state === state)) {
      this.#seen.push({ state, since: evaluation.at, evaluations: [evaluation] });
    } else if (last.evaluations?.at(-1) !== evaluation) {
      // Two are enough: of the mark's instant, and of now.
      const known = last.state === state ? (last.evaluations?.slice(-1) ?? []) : [];
      this.#seen.splice(-1, 1, { state, since: last.since, evaluations: [...known, evaluation] });
    }
    if (this.#seen.length > MOST_SEEN) this.#seen.splice(1, 1);
    return !isSame;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#timer?.cancel();
    // The hub has told the log already, and finds the database again.
    const isAway = this.#options.hub.current().staleSince !== undefined;
    if (isAway) this.#isBehind = true;
    else await this.#catchUp().then(this.#succeeded, this.#failed);
    const delayMs = this.#isBehind ? RETRY_MS : LOOK_MS;
    if (!this.#isClosed) this.#timer = this.#options.timers.after(delayMs, () => this.#start());
  }

  async #catchUp(): Promise<void> {
    // Version of a mark that was read before the licenses were.
    let readBefore: bigint | undefined;
    for (let races = 0; races < MOST_RACES; ) {
      const { mark, latest, move, work } = await this.#workOut();
      if (move === undefined) return;
      if (mark !== undefined && work !== undefined) {
        const verdict = this.#judge(mark, latest.state, work, move.recordedAt);
        if (verdict === "nothing") return this.#forget(latest);
        if (verdict === "ask the database" && readBefore !== mark.version) {
          // What is read after a mark is at least as new as what the mark was made from.
          await this.#options.hub.refresh();
          this.#seen = [];
          readBefore = mark.version;
          continue;
        }
      }
      const isWritten = await this.#options.store.moveHistory(move);
      if (!isWritten) races += 1;
      else if (work?.isCut !== true || this.#isClosed) return this.#forget(latest);
    }
  }

  /** Reads the mark and works out what follows from it; no move: the database is another store. */
  async #workOut(): Promise<Attempt> {
    const { store, hub, clock, nodeId, programVersion } = this.#options;
    this.#see(hub.current());
    const seen = [...this.#seen];
    const latest = present(seen.at(-1));
    const { storeId, mark, committedAt } = await store.readHistoryMark(latest.state.revisionId);
    const now = clock.now();
    const begun = { storeId, fromVersion: mark?.version, recordedAt: now, nodeId };
    if (storeId !== latest.state.revision.storeId) return { mark, latest };
    if (mark === undefined) {
      return { mark, latest, move: { ...begun, to: firstPoint(latest, programVersion), changes: [] } };
    }
    const work = workOutHistory(mark, { seen, now, programVersion, committedAt });
    return { mark, latest, work, move: { ...begun, to: work.to, changes: work.changes } };
  }

  /** Whether what was worked out may be written: two nodes that see things differently must not take turns. */
  #judge(
    mark: HistoryMark,
    latest: LicenseState,
    { changes, to }: WorkedOut,
    now: number,
  ): "write" | "nothing" | "ask the database" {
    const inputs = this.#inputsOf(latest);
    const age = compareAge(inputs, mark.inputs);
    if (age < 0) return "nothing";
    if (changes.length === 0 && isSameButUsage(to.inputs, mark.inputs)) return "nothing";
    if (age > 0) return "write";
    const mayContradict = mark.nodeId === this.#options.nodeId || mark.isNodeAway;
    if (!isSameConfiguration(inputs, mark.inputs) || isTurnedBack(mark, now)) {
      return mayContradict ? "write" : "nothing";
    }
    const isByTime = changes.every(({ cause }) => cause === "TIME");
    return isByTime && isSameButUsage(inputs, mark.inputs) ? "write" : "ask the database";
  }

  /** Of what is recorded only the last is needed: what came by time after it is worked out from it. */
  #forget(latest: SeenState): void {
    const recorded = this.#seen.findLastIndex(({ since }) => since === latest.since);
    if (recorded > 0) this.#seen.splice(0, recorded);
  }

  #inputsOf(state: LicenseState) {
    return inputsOf(state, this.#options.programVersion);
  }

  readonly #succeeded = (): void => {
    if (this.#isBehind) this.#options.log.info("the history of changes is recorded again");
    this.#isBehind = false;
  };

  readonly #failed = (error: unknown): void => {
    if (!this.#isBehind) {
      this.#options.log.warn(
        { err: error },
        "the history of changes cannot be recorded for now; it catches up",
      );
    }
    this.#isBehind = true;
  };
}
