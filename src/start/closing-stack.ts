import type { Logger } from "../log.ts";

/** What was opened, to be closed in reverse order. A close that fails does not keep the others from theirs. */
export class ClosingStack {
  readonly #log: Logger;
  readonly #closers: { readonly name: string; readonly close: () => unknown }[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Takes note of something that was opened. `name` is for the log, should closing fail. */
  add(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  /** Closes everything, the latest first; a second call does nothing more. */
  async closeAll(): Promise<void> {
    for (let next = this.#closers.pop(); next !== undefined; next = this.#closers.pop()) {
      try {
        await next.close();
      } catch (error) {
        this.#log.error({ err: error, part: next.name }, "a part of the service did not close");
      }
    }
  }
}
