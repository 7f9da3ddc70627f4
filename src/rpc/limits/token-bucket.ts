/** Counts starts against a rate: what was not used is kept, up to a burst. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #countedAtMs: number;

  /**
   * @param perSecond starts that are earned in a second.
   * @param burst most starts that are kept; the bucket begins with as many.
   * @param nowMs by a clock that never runs back, as all instants here.
   */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#left = burst;
    this.#countedAtMs = nowMs;
  }

  /** Takes one start. Answers 0, or, with nothing taken, in how many milliseconds there is one. */
  take(nowMs: number): number {
    this.#earn(nowMs);
    if (this.#left < 1) return Math.max(1, Math.ceil((1 - this.#left) / this.#perMs));
    this.#left--;
    return 0;
  }

  /** Nothing is remembered of what was taken: a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    this.#earn(nowMs);
    return this.#left === this.#burst;
  }

  #earn(nowMs: number): void {
    this.#left = Math.min(this.#burst, this.#left + (nowMs - this.#countedAtMs) * this.#perMs);
    this.#countedAtMs = nowMs;
  }
}
