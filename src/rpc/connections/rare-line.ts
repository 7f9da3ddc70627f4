import type { Logger } from "../../log.ts";

/** Milliseconds from one line to the next. */
const EVERY_MS = 60_000;

/** A line of the log about something that a stranger can make happen at will: written once a minute, with a count. */
export class RareLine {
  readonly #log: Logger;
  readonly #message: string;
  readonly #nowMs: () => number;
  #count = 0;
  #writtenAtMs = Number.NEGATIVE_INFINITY;

  /** @param nowMs a clock that never runs back. Default: `performance.now`. */
  constructor(log: Logger, message: string, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#message = message;
    this.#nowMs = nowMs;
  }

  /** It has happened. `facts` are fit for a log; those of the last time are written. */
  happened(facts: Readonly<Record<string, string>>): void {
    this.#count++;
    const nowMs = this.#nowMs();
    if (nowMs - this.#writtenAtMs < EVERY_MS) return;
    this.#log.warn({ ...facts, times: this.#count }, this.#message);
    this.#writtenAtMs = nowMs;
    this.#count = 0;
  }
}
