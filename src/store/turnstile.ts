import { ServiceError } from "../errors.ts";

/** When a caller should ask again: what waits now is done or refused by then. */
const RETRY_AFTER_MS = 1_000;

/** Bounds of a {@link Turnstile}. */
export interface TurnstileOptions {
  /** Works that run at once. */
  readonly running: number;
  /** Works that wait at once; one more is refused. */
  readonly waiting: number;
  /** Longest wait, in ms. */
  readonly patienceMs: number;
}

interface Waiter {
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lets a bounded number of works run at once, first come, first served, so that callers neither take every
 * connection to the database nor pile up behind a slow one.
 */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #waiters = new Set<Waiter>();
  #running = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
  }

  /** How many works wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Runs `work` when there is room.
   *
   * @throws ServiceError BUSY when too many wait, or room did not come in time: `work` was not begun.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.running) this.#running += 1;
    else await this.#room();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #room(): Promise<void> {
    if (this.#waiters.size >= this.#options.waiting) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(busy());
      }, this.#options.patienceMs);
      const waiter = { enter: resolve, timer };
      this.#waiters.add(waiter);
    });
  }

  /** Hands the place to who waited longest, so that a newcomer does not get in between. */
  #leave(): void {
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiters.delete(next);
    clearTimeout(next.timer);
    next.enter();
  }
}

function busy(): ServiceError {
  return new ServiceError("BUSY", "Too many calls wait for the database; nothing was changed. Ask again.", {
    retryAfterMs: RETRY_AFTER_MS,
  });
}
