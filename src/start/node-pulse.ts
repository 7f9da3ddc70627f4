import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { clockAlert, clockDifferenceMs } from "../nodes/clock-difference.ts";
import { DuplicateWatch } from "../nodes/duplicate-watch.ts";
import { type ListedNode, listNodes } from "../nodes/node-list.ts";
import type { Alert } from "../snapshot/alert.ts";
import { systemTimers, type Timer, type Timers } from "../snapshot/timers.ts";
import type { Beat, NodeIdentity, NodesReading } from "../store/nodes.ts";

/** How often a node renews its heartbeat row. */
const PULSE_MS = 10_000;

/** What a {@link NodePulse} works with. */
export interface NodePulseOptions {
  readonly node: NodeIdentity;
  /** Renews the heartbeat and reads all nodes, in one round trip. */
  readonly beat: (node: NodeIdentity) => Promise<Beat>;
  /** The clock that is held against the database's. */
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds from the end of one heartbeat to the next. Default: 10,000. */
  readonly pulseMs?: number;
  /** Default: the process's. */
  readonly timers?: Timers;
  /** Milliseconds by a clock that nobody sets. Default: `performance.now`. */
  readonly monotonicMs?: () => number;
}

/**
 * The heartbeat of this node. What each brings back is kept in memory: the other nodes, and how far the
 * database's clock is off. While the database is away heartbeats are left out, and the other nodes age.
 */
export class NodePulse {
  readonly #options: Required<NodePulseOptions>;
  readonly #duplicates = new DuplicateWatch();
  #reading: NodesReading | undefined;
  #readAtMs = 0;
  #alert: Alert | undefined;
  #isDuplicated = false;
  #timer: Timer | undefined;
  #beating: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Beats once and begins to. Rejects with what the first heartbeat fails with. */
  static async start(options: NodePulseOptions): Promise<NodePulse> {
    const pulse = new NodePulse(options);
    await pulse.#beat();
    pulse.#schedule();
    return pulse;
  }

  private constructor(options: NodePulseOptions) {
    this.#options = {
      pulseMs: PULSE_MS,
      timers: systemTimers,
      monotonicMs: () => performance.now(),
      ...options,
    };
  }

  /** All nodes of the platform as of the last heartbeat; this one is alive. */
  nodes(): readonly ListedNode[] {
    const { node, pulseMs, monotonicMs } = this.#options;
    // Until the next heartbeat is due the last one says how it is.
    const unheardMs = Math.max(0, monotonicMs() - this.#readAtMs - pulseMs);
    return this.#reading === undefined ? [] : listNodes(this.#reading, unheardMs, node.id);
  }

  /** What the last heartbeat found out that somebody should act on. */
  alerts(): readonly Alert[] {
    return this.#alert === undefined ? [] : [this.#alert];
  }

  /** Ends the heartbeat. The row stays as it is: a node that stopped is away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#beating;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const { timers, pulseMs, log } = this.#options;
    this.#timer = timers.after(pulseMs, () => {
      this.#beating = this.#beat()
        .catch((error: unknown) => log.debug({ err: error }, "a heartbeat was left out"))
        .finally(() => this.#schedule());
    });
  }

  async #beat(): Promise<void> {
    const { node, beat, clock, monotonicMs } = this.#options;
    const askedAt = clock.now();
    const reading = await beat(node);
    const answeredAt = clock.now();
    this.#reading = reading;
    this.#readAtMs = monotonicMs();
    this.#judgeClock(clockDifferenceMs({ askedAt, answeredAt, databaseNow: reading.databaseNow }));
    this.#judgeIdentity(this.#duplicates.look(node.id, reading));
  }

  #judgeClock(differenceMs: number): void {
    const { log } = this.#options;
    const alert = clockAlert(differenceMs);
    if (alert !== undefined && this.#alert === undefined) log.warn({ differenceMs }, alert.message);
    if (alert === undefined && this.#alert !== undefined) {
      log.info({ differenceMs }, "the clocks of this node and of the database agree again");
    }
    this.#alert = alert;
  }

  #judgeIdentity(isDuplicated: boolean): void {
    if (isDuplicated && !this.#isDuplicated) {
      this.#options.log.warn(
        { nodeId: this.#options.node.id },
        "another process serves with the id of this node: its machine or data directory was cloned; stop it, and remove node-id from the copied data directory",
      );
    }
    this.#isDuplicated = isDuplicated;
  }
}
