/** Keys whose counter is remembered. */
const MAX_KEYS = 1_000;

/**
 * The counter of the last proof of each key, also of keys that left: a proof that was recorded and is played again
 * has an old one. The key that proved itself longest ago is forgotten first.
 */
export class ProofCounters {
  readonly #counters = new Map<string, bigint>();

  /**
   * Takes the counter of a proof.
   *
   * @param thumbprint of the key.
   * @returns whether it rose; if not, nothing changes. One step, as two devices may claim to be one key.
   */
  take(thumbprint: string, counter: bigint): boolean {
    const last = this.#counters.get(thumbprint);
    if (last !== undefined && counter <= last) return false;
    this.#counters.delete(thumbprint);
    this.#counters.set(thumbprint, counter);
    this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    if (this.#counters.size <= MAX_KEYS) return;
    const [oldest] = this.#counters.keys();
    if (oldest !== undefined) this.#counters.delete(oldest);
  }
}
