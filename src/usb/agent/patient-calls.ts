import { withPatience } from "../../snapshot/patience.ts";
import type { Timers } from "../../snapshot/timers.ts";
import { UsbFault } from "../bus/bus.ts";

/**
 * Calls into a library or kernel that may never answer: none is waited for longer than said, and while one hangs
 * no other is begun, so that a dead device costs one call and not one for each try.
 */
export class PatientCalls {
  readonly #timers: Timers;
  #unanswered = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** @throws UsbFault TIMEOUT: an earlier call has not ended. */
  requireIdle(): void {
    if (this.#unanswered > 0) throw new UsbFault("TIMEOUT", "an earlier call has not ended yet");
  }

  /**
   * @throws what the call throws; NoAnswerError: it takes longer than `patienceMs`. It may still end later.
   */
  make<T>(patienceMs: number, call: () => Promise<T>): Promise<T> {
    this.#unanswered += 1;
    const answer = call().finally(() => {
      this.#unanswered -= 1;
    });
    return withPatience(this.#timers, patienceMs, answer);
  }
}
