import { setTimeout as delay } from "node:timers/promises";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "./embedded-postgres.ts";

/** Pauses between attempts to start it again, in ms; the last one repeats. */
const PAUSES_MS = [0, 1_000, 5_000, 15_000, 30_000];

/** A start that served for so long was a good one: the pauses begin anew. */
const GOOD_AFTER_MS = 60_000;

/** A PostgreSQL of our own that is started again when it ends unasked, as when the system runs out of memory. */
export interface KeptPostgres {
  /** Connection string of the service's database, the same after every start. It holds a secret: never log it. */
  readonly url: string;
  /** As {@link EmbeddedPostgres.stop}; it is not started again. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of a data directory and keeps it running.
 *
 * @throws StartupError embeddedDatabase, when the first start fails. Later failures go to the log.
 */
export async function keepEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<KeptPostgres> {
  const stopping = new AbortController();
  let current: EmbeddedPostgres = await startEmbeddedPostgres(options);
  const { url } = current;
  const keeping = keep();
  return {
    url,
    async stop() {
      stopping.abort();
      await keeping;
      await current.stop();
    },
  };

  async function keep(): Promise<void> {
    for (;;) {
      const startedAt = performance.now();
      await current.ended(stopping.signal);
      if (stopping.signal.aborted) return;
      options.log(`PostgreSQL process ${current.pid} has ended unasked; it is started again`);
      const wasGood = performance.now() - startedAt >= GOOD_AFTER_MS;
      if (!(await startAgain(wasGood ? 0 : 1))) return;
    }
  }

  /** `false`: the service stops. */
  async function startAgain(firstPause: number): Promise<boolean> {
    for (let attempt = firstPause; ; attempt++) {
      const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)];
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return false;
      try {
        current = await startEmbeddedPostgres(options);
        return true;
      } catch (error) {
        options.log(
          `PostgreSQL could not be started again: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
  }
}
