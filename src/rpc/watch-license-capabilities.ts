import type {
  WatchLicenseCapabilitiesRequest,
  WatchLicenseCapabilitiesResponse,
} from "@license-service/contract";
import type { Timer } from "../snapshot/timers.ts";
import { EncodedMessage } from "./encoded-message.ts";
import type { StreamHandler } from "./handler.ts";
import { toDate, toOptionalDate } from "./messages/instants.ts";
import type { ReadSources } from "./read-gate.ts";
import { Turns } from "./turns.ts";

/** What watches are answered from. */
export interface WatchSources extends ReadSources {
  /** How often a sign of life is sent, in ms. */
  readonly heartbeatMs: number;
}

/**
 * Sends the snapshot at once and whenever it changes, and heartbeats. What is due is noted as a flag and
 * made when it is sent: a reader who does not keep up has one snapshot to come, the latest.
 */
export function createWatchLicenseCapabilities(
  sources: WatchSources,
): StreamHandler<WatchLicenseCapabilitiesRequest, WatchLicenseCapabilitiesResponse> {
  const turns = new Turns();
  return async ({ includeUsage }, { signal }, stream) => {
    const due = new DueMessages(sources, turns, { signal, includeUsage });
    try {
      for (;;) {
        const message = due.take();
        if (signal.aborted) return;
        if (message === undefined) await due.arrival();
        else if (!stream.send(message)) await stream.drained();
      }
    } finally {
      due.close();
    }
  };
}

/** What one watch is about. */
interface WatchOptions {
  readonly signal: AbortSignal;
  /** Send also what changes nothing but the use of meters. */
  readonly includeUsage: boolean;
}

type Message = WatchLicenseCapabilitiesResponse | EncodedMessage<WatchLicenseCapabilitiesResponse>;

/** What one watcher has to be sent. */
class DueMessages {
  readonly #sources: WatchSources;
  readonly #unsubscribe: () => void;
  #isSnapshotDue = true;
  #isHeartbeatDue = true;
  #heartbeat: Timer | undefined;
  #arrive: () => void = () => undefined;
  readonly #turns: Turns;
  readonly #wake = (): void => this.#arrive();

  constructor(sources: WatchSources, turns: Turns, { signal, includeUsage }: WatchOptions) {
    this.#sources = sources;
    this.#turns = turns;
    const onSnapshot = (): void => {
      this.#isSnapshotDue = true;
      turns.ask(this.#wake);
    };
    this.#unsubscribe = sources.hub.subscribe(onSnapshot, { includeUsage });
    signal.addEventListener("abort", () => this.#arrive(), { once: true });
  }

  /** The next message, made now; `undefined`: nothing is due. */
  take(): Message | undefined {
    if (this.#isSnapshotDue) {
      this.#isSnapshotDue = false;
      return new EncodedMessage<WatchLicenseCapabilitiesResponse>(this.#sources.hub.current().encoded.watch);
    }
    if (!this.#isHeartbeatDue) return undefined;
    this.#isHeartbeatDue = false;
    this.#scheduleHeartbeat();
    return this.#makeHeartbeat();
  }

  /** Resolves when something is due, or when the watch has ended. */
  arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arrive = resolve;
    return promise;
  }

  close(): void {
    this.#unsubscribe();
    this.#turns.cancel(this.#wake);
    this.#heartbeat?.cancel();
  }

  #scheduleHeartbeat(): void {
    const { timers, heartbeatMs } = this.#sources;
    this.#heartbeat = timers.after(heartbeatMs, () => {
      this.#isHeartbeatDue = true;
      this.#arrive();
    });
  }

  #makeHeartbeat(): WatchLicenseCapabilitiesResponse {
    const { hub, clock, heartbeatMs } = this.#sources;
    const { state, staleSince } = hub.current();
    const heartbeat = {
      revision: { ...state.revision },
      serverTime: toDate(clock.now()),
      intervalMs: heartbeatMs,
      staleSince: toOptionalDate(staleSince),
    };
    return { snapshot: undefined, heartbeat };
  }
}
