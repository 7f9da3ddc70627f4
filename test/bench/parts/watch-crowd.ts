/** Thousands of watches in processes of their own. */
import { setTimeout as delay } from "node:timers/promises";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { OpenWatches, RevisionArrived, WatchesOpened, WatchReport } from "../peers/watch-messages.ts";
import { type Child, startChild } from "./child.ts";
import { LOAD_CORE } from "./pinning.ts";

/** How many watches, and how they are spread. */
export interface CrowdSize {
  /** Watches that read. */
  readonly reading: number;
  /** Watches that never read. */
  readonly silent: number;
  /** Processes of those that read; one more holds the silent ones. */
  readonly processes: number;
  /** Connections of each process. */
  readonly connections: number;
}

const PATIENCE_MS = 60_000;
const LOAD = new URL("../peers/watch-load.ts", import.meta.url);

/** Watches that are open. */
export class WatchCrowd {
  readonly #readers: ReadonlyArray<Child<OpenWatches, WatchReport>>;
  readonly #all: ReadonlyArray<Child<OpenWatches, WatchReport>>;

  private constructor(
    readers: ReadonlyArray<Child<OpenWatches, WatchReport>>,
    silent: Child<OpenWatches, WatchReport>,
  ) {
    this.#readers = readers;
    this.#all = [...readers, silent];
  }

  /** Opens them; resolves when each that reads has a first snapshot, and each that does not has its headers. */
  static async open(
    t: Teardown,
    { address, token }: { readonly address: string; readonly token: string },
    { reading, silent, processes, connections }: CrowdSize,
  ): Promise<WatchCrowd> {
    const start = async (watches: number, isReading: boolean) => {
      const child = await startChild<OpenWatches, WatchReport>(t, LOAD, LOAD_CORE);
      child.send({ address, token, connections, watches, isReading });
      const opened = child.report((report): report is WatchesOpened => report.kind === "opened");
      await bounded(Promise.race([opened, failWhenLost(child)]), "the watches did not open");
      return child;
    };
    const readers = [];
    for (let n = 0; n < processes; n += 1) readers.push(await start(Math.floor(reading / processes), true));
    return new WatchCrowd(readers, await start(silent, false));
  }

  /** Instants of `sharedMs` at which each reading watch had the revision. @throws Error: one never did, or a watch ended. */
  async arrivals(revision: string): Promise<number[]> {
    const reports = this.#readers.map((child) =>
      child.report(
        (report): report is RevisionArrived => report.kind === "arrived" && report.revision === revision,
      ),
    );
    const losses = this.#all.map((child) => failWhenLost(child));
    const arrived = Promise.all(reports);
    const all = await bounded(Promise.race([arrived, ...losses]), `a watch misses revision ${revision}`);
    return all.flatMap(({ atMs }) => [...atMs]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((child) => child.end()));
  }
}

async function failWhenLost(child: Child<OpenWatches, WatchReport>): Promise<never> {
  const { why } = await child.report((report) => report.kind === "lost");
  throw new Error(`a watch was lost: ${why}`);
}

async function bounded<T>(work: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController();
  const patience = delay(PATIENCE_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what} within ${PATIENCE_MS} ms`);
  });
  try {
    return await Promise.race([work, patience]);
  } finally {
    patience.catch(() => undefined);
    timer.abort();
  }
}
