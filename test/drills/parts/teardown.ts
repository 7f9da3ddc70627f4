/** The ending of a drill: whatever it opened is closed, the latest first, also when it is interrupted. */
import { setTimeout as delay } from "node:timers/promises";
import type { Teardown } from "../../helpers/rpc-service.ts";

/** Collects what is to be closed. */
export class DrillTeardown implements Teardown {
  readonly #works: (() => void | Promise<void>)[] = [];
  readonly #complain: (line: string) => void;
  #isClosed = false;

  constructor(complain: (line: string) => void) {
    this.#complain = complain;
  }

  /** After the end, work is done at once: something was opened too late. */
  teardown(work: () => void | Promise<void>): void {
    if (this.#isClosed) void this.#do(work);
    else this.#works.push(work);
  }

  /** Closes everything; one that fails or hangs does not keep the others from theirs. */
  async closeAll(timeoutMs: number): Promise<void> {
    this.#isClosed = true;
    const giveUpAt = performance.now() + timeoutMs;
    for (let work = this.#works.pop(); work !== undefined; work = this.#works.pop()) {
      const patienceMs = Math.max(1_000, Math.min(30_000, giveUpAt - performance.now()));
      await this.#within(patienceMs, work);
    }
  }

  async #within(patienceMs: number, work: () => void | Promise<void>): Promise<void> {
    const stop = new AbortController();
    const patience = delay(patienceMs, true, { signal: stop.signal }).catch(() => false);
    const isLate = await Promise.race([patience, this.#do(work)]);
    stop.abort();
    if (isLate) this.#complain(`cleaning up: something does not end within ${patienceMs} ms`);
  }

  async #do(work: () => void | Promise<void>): Promise<false> {
    try {
      await work();
    } catch (error) {
      this.#complain(`cleaning up: ${error instanceof Error ? error.message : String(error)}`);
    }
    return false;
  }
}

/** One part of a drill that ends before the drill does: a run of several. An interruption ends it as well. */
export async function withTeardown<T>(drill: Teardown, work: (t: Teardown) => Promise<T>): Promise<T> {
  const opened = new DrillTeardown((line) => process.stderr.write(`${line}\n`));
  const close = () => opened.closeAll(60_000);
  drill.teardown(close);
  try {
    return await work(opened);
  } finally {
    await close();
  }
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** A signal ends the drill, but only after everything is closed. */
export function closeOnSignals(opened: DrillTeardown): void {
  for (const [signal, exitCode] of Object.entries(SIGNALS)) {
    process.once(signal, () => void opened.closeAll(60_000).then(() => process.exit(exitCode)));
  }
}
