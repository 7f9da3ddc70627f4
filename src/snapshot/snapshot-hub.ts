/**
 * Holds the snapshot that the node answers from, and keeps it right: by the revision of the store and
 * by the passing of time. While the database is away it goes on with what it last read.
 */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../clock.ts";
import type { Evaluation } from "../domain/evaluation.ts";
import type { Instant } from "../domain/license.ts";
import type { UnwatchedKey } from "../domain/usb/unwatched.ts";
import type { Logger } from "../log.ts";
import type { RevisionListener, RevisionListenerOptions } from "../store/revision-listener.ts";
import type { StoreRevisions } from "../store/revisions.ts";
import type { Revision, StoredState, StoredUsage } from "../store/types.ts";
import { alarmAt } from "./alarm.ts";
import {
  hasSameRows,
  type LicenseState,
  readLicenseState,
  type StateContext,
  withUnwatched,
  withUsage,
} from "./license-state.ts";
import { inTime } from "./require-database.ts";
import { isSameLine, isSameRevision } from "./revision.ts";
import { singleFlight } from "./single-flight.ts";
import {
  type EncodedSnapshot,
  evaluateState,
  nextStandingChange,
  type Snapshot,
  type SnapshotContent,
} from "./snapshot.ts";
import { Throttle } from "./throttle.ts";
import type { Timer, Timers } from "./timers.ts";
import { hasEffect, isSameUsage } from "./usage-change.ts";

/** Where states come from: the store. */
export interface SnapshotSource {
  loadState(): Promise<StoredState>;
  readRevisions(): Promise<
    Pick<StoreRevisions, "revision" | "revisionId" | "usageRevision" | "isLeaseDue" | "usbScanRequest">
  >;
  loadUsage(): Promise<StoredUsage>;
  /** Gives back what ended leases hold. */
  endDueLeases(): Promise<void>;
  /** Listens for hints of new revisions: they may come late, twice or never. */
  listen(options: Pick<RevisionListenerOptions, "onHint" | "onListening" | "onLost">): RevisionListener;
}

/** What a {@link SnapshotHub} is made of. */
export interface SnapshotHubOptions {
  readonly context: StateContext;
  readonly source: SnapshotSource;
  readonly encode: (content: SnapshotContent) => EncodedSnapshot;
  readonly clock: Clock;
  readonly timers: Timers;
  /** How often the revision is read, in ms. */
  readonly pollMs: number;
  readonly log: Logger;
}

/** How often rows are read again though the revision stands still, so that an edit by hand shows (EV-8). */
const FULL_READ_MS = 60_000;

/** Own changes of usage are read again at most so often, in ms. */
const USAGE_READ_MS = 250;

/** Who asked for usage hears of it at most so often, in ms. */
const USAGE_TELL_MS = 1_000;

/** Options of {@link SnapshotHub.subscribe}. */
export interface SubscribeOptions {
  /** Also when only the use of meters has changed, at most once a second. Default: false. */
  readonly includeUsage?: boolean;
}

/** The snapshot of a node. Made by {@link SnapshotHub.start}, ended by {@link SnapshotHub.close}. */
export class SnapshotHub {
  /**
   * Reads the state from the store again and evaluates it anew; calls while a read runs share the one
   * after it. Rejects with the store's error: then the old snapshot stands, marked stale.
   */
  readonly refresh: () => Promise<Snapshot>;

  /** As {@link refresh}, for usage alone: licenses are not read. */
  readonly refreshUsage: () => Promise<Snapshot>;

  readonly #options: SnapshotHubOptions;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #usageListeners = new Set<(snapshot: Snapshot) => void>();
  readonly #usageReads: Throttle;
  readonly #usageNews: Throttle;
  readonly #hintListeners = new Set<() => void>();
  #unwatched: readonly UnwatchedKey[] = [];
  #usbScanRequest = 0;
  #usageMovedAt: Instant | undefined;
  /** Reads of usage are numbered as they begin: one that began earlier does not replace a later one. */
  #lastUsageRead = 0;
  #adoptedUsageRead = 0;
  #snapshot: Snapshot;
  #standing: { evaluation: Evaluation; until: Instant | undefined };
  #wasEdited = false;
  #readAt: Instant;
  #alarm: Timer | undefined;
  #pollTimer: Timer | undefined;
  #polling: Promise<void> | undefined;
  /** The read of the whole state that runs, or the last one; never rejects. */
  #reading: Promise<void> | undefined;
  #listener: RevisionListener | undefined;
  #tellDatabase: (isThere: boolean) => void = () => undefined;
  #isClosed = false;

  /** Reads the first state and begins to follow the store. Rejects with the store's error. */
  static async start(options: SnapshotHubOptions): Promise<SnapshotHub> {
    const hub = new SnapshotHub(options, await load(options));
    hub.#follow();
    return hub;
  }

  private constructor(options: SnapshotHubOptions, state: LicenseState) {
    this.#options = options;
    this.#readAt = options.clock.now();
    this.#snapshot = this.#encode({
      state,
      evaluation: evaluateState(state, this.#readAt),
      staleSince: undefined,
    });
    this.#standing = this.#standingOf(this.#snapshot);
    if (state.usageRevision > 0n) this.#usageMovedAt = this.#readAt;
    this.refresh = singleFlight(() => {
      const read = this.#refresh();
      this.#reading = read.then(
        () => undefined,
        () => undefined,
      );
      return read;
    });
    this.refreshUsage = singleFlight(() => this.#refreshUsage());
    this.#usageReads = new Throttle({ ...options, restMs: USAGE_READ_MS }, () => {
      void this.refreshUsage().catch(() => undefined);
    });
    this.#usageNews = new Throttle({ ...options, restMs: USAGE_TELL_MS }, () =>
      this.#tellTo(this.#usageListeners),
    );
    this.#setAlarm();
  }

  /** The snapshot that holds now. A change that is due is made first, be its timer late or not. */
  current(): Snapshot {
    const { nextChangeAt } = this.#snapshot.evaluation;
    if (nextChangeAt !== undefined && nextChangeAt <= this.#options.clock.now()) this.#advance();
    return this.#snapshot;
  }

  /** The evaluation of now, to the standing of the last license; of `at`, by the licenses of now (EV-2). */
  evaluation(at?: Instant): Evaluation {
    const { state } = this.current();
    if (at !== undefined) return evaluateState(state, at);
    const now = this.#options.clock.now();
    if (this.#standing.until !== undefined && this.#standing.until <= now) {
      const evaluation = evaluateState(state, now);
      this.#standing = { evaluation, until: nextStandingChange(state, evaluation) };
    }
    return this.#standing.evaluation;
  }

  /** Whether rows were seen to change under one revision: then a revision says nothing of its content. */
  get wasEditedByHand(): boolean {
    return this.#wasEdited || this.#snapshot.state.tampered.length > 0;
  }

  /** When the whole state was last read from the database. */
  get readAt(): Instant {
    return this.#readAt;
  }

  /** When this node last saw the use of a meter change; `undefined`: nothing was ever used. */
  get usageMovedAt(): Instant | undefined {
    return this.#usageMovedAt;
  }

  /** Says that this node has changed usage: it is read soon. */
  noteUsage(): void {
    this.#usageReads.ask();
  }

  /**
   * Brings the snapshot to a revision that was committed: by the read that runs, or else by one more. A node
   * hears of its own writes twice, and so reads them once. Rejects as `refresh`.
   */
  async catchUp(revision: Revision): Promise<void> {
    await this.#reading;
    if (!isSameRevision(revision, this.#snapshot.state.revision)) await this.refresh();
  }

  /** Calls back with every new snapshot, until the returned function is called. */
  subscribe(
    listener: (snapshot: Snapshot) => void,
    { includeUsage = false }: SubscribeOptions = {},
  ): () => void {
    const listeners = includeUsage ? this.#usageListeners : this.#listeners;
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  /** Says whether the database answers: at once, and whenever that changes. One listener at a time. */
  followDatabase(listener: (isThere: boolean) => void): void {
    this.#tellDatabase = listener;
    listener(this.#snapshot.staleSince === undefined);
  }

  /**
   * Calls back with every hint of a write, this node's own among them, and when the poll finds that a scan of USB
   * ports was asked for; until the returned function is called.
   */
  subscribeHints(listener: () => void): () => void {
    this.#hintListeners.add(listener);
    return () => void this.#hintListeners.delete(listener);
  }

  /** Says which USB keys nobody looks at: what they give is bounded from then on (see `watchedFacts`). */
  noteUnwatched(keys: readonly UnwatchedKey[]): void {
    if (isDeepStrictEqual(keys, this.#unwatched)) return;
    this.#unwatched = keys;
    const { state: before, staleSince } = this.current();
    const state = withUnwatched(before, keys);
    if (state === before) return;
    this.#replace({ state, evaluation: evaluateState(state, this.#options.clock.now()), staleSince });
    // Who watches goes by the instants too: they are others now, be the states the same or not.
    this.#tell();
  }

  /** How many subscriptions stand. */
  get subscriberCount(): number {
    return this.#listeners.size + this.#usageListeners.size;
  }

  /** Stops following the store. Reads go on from the last snapshot. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#alarm?.cancel();
    this.#pollTimer?.cancel();
    this.#usageReads.close();
    this.#usageNews.close();
    await this.#listener?.close();
    await this.#polling;
  }

  #follow(): void {
    const { source, log } = this.#options;
    const read = () => void this.refresh().catch(() => undefined);
    this.#listener = source.listen({
      // Tokens are announced on the same channel, and so are this node's own writes.
      onHint: (hint) => {
        this.#tellHint();
        if (hint === undefined) read();
        else void this.catchUp(hint).catch(() => undefined);
      },
      onListening: read,
      onLost: (error) => log.warn({ err: error }, "no hints of new revisions for now; the poll finds them"),
    });
    this.#schedulePoll();
  }

  async #refresh(): Promise<Snapshot> {
    const usageRead = this.#beginUsageRead();
    try {
      const loaded = await load(this.#options);
      this.#readAt = this.#options.clock.now();
      this.#adopt(this.#withLatestUsage(loaded, usageRead), undefined);
    } catch (error) {
      this.#markStale(error);
      throw error;
    }
    return this.current();
  }

  async #refreshUsage(): Promise<Snapshot> {
    const { source, timers } = this.#options;
    const usageRead = this.#beginUsageRead();
    try {
      const usage = await inTime(timers, source.loadUsage());
      if (usageRead > this.#adoptedUsageRead) this.#adoptUsage(usage);
      this.#adoptedUsageRead = Math.max(this.#adoptedUsageRead, usageRead);
    } catch (error) {
      this.#markStale(error);
      throw error;
    }
    return this.current();
  }

  /** Never a change of licenses, and none by hand: only what is in use. */
  #adoptUsage(usage: StoredUsage): void {
    const { state, staleSince } = this.current();
    const isSame = isSameUsage(state.usage, usage.totals);
    if (isSame && usage.revision === state.usageRevision) return;
    this.#adopt(withUsage(state, usage), staleSince);
  }

  #beginUsageRead(): number {
    this.#lastUsageRead += 1;
    return this.#lastUsageRead;
  }

  #withLatestUsage(loaded: LicenseState, usageRead: number): LicenseState {
    const { state } = this.#snapshot;
    if (usageRead < this.#adoptedUsageRead && isSameLine(loaded.revision, state.revision)) {
      return withUsage(loaded, state.stored.usage);
    }
    this.#adoptedUsageRead = usageRead;
    return loaded;
  }

  #adopt(read: LicenseState, nowStaleSince: Instant | undefined): void {
    const state = withUnwatched(read, this.#unwatched);
    const { state: before, evaluation, staleSince } = this.#snapshot;
    const isNewRevision = !isSameRevision(before.revision, state.revision);
    const isEdited = !isNewRevision && !hasSameRows(before, state);
    if (isNewRevision) this.#wasEdited = false;
    if (isEdited) this.#wasEdited = true;
    if (staleSince !== undefined && nowStaleSince === undefined) {
      this.#options.log.info("the database is back");
    }
    if (state.revision.epoch > before.revision.epoch) {
      this.#options.log.warn(
        { before: describe(before.revision), now: describe(state.revision) },
        "the database was restored to an older state; its epoch was raised",
      );
    }
    const now = this.#options.clock.now();
    const isDue = evaluation.nextChangeAt !== undefined && evaluation.nextChangeAt <= now;
    const isMoved = !isSameUsage(before.usage, state.usage);
    if (isMoved) this.#usageMovedAt = now;
    this.#replace({ state, evaluation: evaluateState(state, now), staleSince: nowStaleSince });
    if (isNewRevision || isEdited || isDue || hasEffect(evaluation, this.#snapshot.evaluation)) this.#tell();
    else if (isMoved) this.#usageNews.ask();
  }

  #advance(): void {
    const { state, staleSince } = this.#snapshot;
    this.#replace({ state, evaluation: evaluateState(state, this.#options.clock.now()), staleSince });
    this.#tell();
  }

  #markStale(error: unknown): void {
    if (this.#snapshot.staleSince !== undefined) return;
    this.#options.log.warn({ err: error }, "the database is away; answers come from the last state read");
    this.#replace({ ...this.#snapshot, staleSince: this.#options.clock.now() });
  }

  #replace(content: SnapshotContent): void {
    const wasThere = this.#snapshot.staleSince === undefined;
    const isThere = content.staleSince === undefined;
    this.#snapshot = this.#encode(content);
    if (isThere !== wasThere) this.#tellDatabase(isThere);
    this.#standing = this.#standingOf(content);
    this.#setAlarm();
  }

  #encode({ state, evaluation, staleSince }: SnapshotContent): Snapshot {
    const content = { state, evaluation, staleSince };
    return { ...content, encoded: this.#options.encode(content) };
  }

  #standingOf({ state, evaluation }: SnapshotContent) {
    return { evaluation, until: nextStandingChange(state, evaluation) };
  }

  #setAlarm(): void {
    this.#alarm?.cancel();
    const { nextChangeAt } = this.#snapshot.evaluation;
    if (nextChangeAt === undefined || this.#isClosed) return;
    const { clock, timers } = this.#options;
    this.#alarm = alarmAt(clock, timers, nextChangeAt, () => this.current());
  }

  #tell(): void {
    this.#tellTo(this.#listeners);
    this.#tellTo(this.#usageListeners);
    this.#usageNews.rest();
  }

  #tellTo(listeners: ReadonlySet<(snapshot: Snapshot) => void>): void {
    for (const listener of listeners) listener(this.#snapshot);
  }

  #schedulePoll(): void {
    if (this.#isClosed) return;
    this.#pollTimer = this.#options.timers.after(this.#options.pollMs, () => {
      this.#polling = this.#poll().finally(() => this.#schedulePoll());
    });
  }

  #tellHint(): void {
    for (const listener of this.#hintListeners) listener();
  }

  /** So that the usage revision tells of them; what is read leaves them out in any case. */
  async #endDueLeases(): Promise<void> {
    const { source, timers, log } = this.#options;
    await inTime(timers, source.endDueLeases()).catch((error: unknown) =>
      log.debug({ err: error }, "ended leases were not given back by this node"),
    );
  }

  /** The truth, where notifications are only hints. Notices a jump of the clock too. */
  async #poll(): Promise<void> {
    const { source, timers, clock } = this.#options;
    const { state, staleSince } = this.current();
    try {
      const { revision, revisionId, usageRevision, isLeaseDue, usbScanRequest } = await inTime(
        timers,
        source.readRevisions(),
      );
      if (usbScanRequest > this.#usbScanRequest) this.#tellHint();
      this.#usbScanRequest = usbScanRequest;
      const isDue = clock.now() - this.#readAt >= FULL_READ_MS;
      const isNew = revisionId !== state.revisionId || !isSameRevision(revision, state.revision);
      if (isLeaseDue) await this.#endDueLeases();
      if (isDue || staleSince !== undefined || isNew) await this.refresh();
      else if (isLeaseDue || usageRevision !== state.usageRevision) await this.refreshUsage();
    } catch (error) {
      this.#markStale(error);
    }
  }
}

function describe({ epoch, revision }: LicenseState["revision"]) {
  return { epoch: `${epoch}`, revision: `${revision}` };
}

async function load({ context, source, timers }: SnapshotHubOptions): Promise<LicenseState> {
  const state = await readLicenseState(context, await inTime(timers, source.loadState()));
  await context.rows.adoptUsbState(state.stored);
  return state;
}
