import type { Timers } from "./timers.ts";

/** The other side did not answer in time; what it does meanwhile is not known. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";

  constructor(patienceMs: number) {
    super(`no answer within ${patienceMs} ms`);
  }
}

/** Waits for `answer`, but not longer than `patienceMs`: a connection can die without an error. */
export function withPatience<T>(timers: Timers, patienceMs: number, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timers.after(patienceMs, () => reject(new NoAnswerError(patienceMs)));
    answer.then(resolve, reject).finally(() => timer.cancel());
  });
}
