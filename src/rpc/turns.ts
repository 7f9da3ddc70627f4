/** So many are served in one turn of the event loop. */
const AT_ONCE = 100;

/**
 * Serves many one after another, some in each turn of the event loop. Thousands of watchers written to in one
 * turn would keep every other caller waiting, and all that was written in memory until the last one's turn.
 */
export class Turns {
  readonly #waiting = new Set<() => void>();
  #isScheduled = false;

  /** Calls back in a turn to come, first come, first served; once, however often it was asked for before. */
  ask(serve: () => void): void {
    this.#waiting.add(serve);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#serve());
  }

  /** Takes back what was asked for. */
  cancel(serve: () => void): void {
    this.#waiting.delete(serve);
  }

  #serve(): void {
    let count = 0;
    for (const serve of this.#waiting) {
      this.#waiting.delete(serve);
      serve();
      count += 1;
      if (count === AT_ONCE) break;
    }
    this.#isScheduled = this.#waiting.size > 0;
    if (this.#isScheduled) setImmediate(() => this.#serve());
  }
}
