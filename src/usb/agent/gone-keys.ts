import type { SeenDevice } from "./report.ts";

/** More than can be pulled within a minute by hand. */
const MAX_GONE = 64;

/** The keys that left lately. */
export class GoneKeys {
  readonly #keptMs: number;
  #gone: readonly { readonly device: SeenDevice; readonly untilMs: number }[] = [];

  /** @param keptMs how long each is remembered. */
  constructor(keptMs: number) {
    this.#keptMs = keptMs;
  }

  /** A device left. One that could not be read is no key. */
  add(device: SeenDevice, nowMs: number): void {
    if (device.key === undefined) return;
    this.#forget(nowMs);
    this.#gone = [...this.#gone, { device, untilMs: nowMs + this.#keptMs }].slice(-MAX_GONE);
  }

  /** Those that are still remembered. */
  list(nowMs: number): readonly SeenDevice[] {
    this.#forget(nowMs);
    return this.#gone.map(({ device }) => device);
  }

  #forget(nowMs: number): void {
    this.#gone = this.#gone.filter(({ untilMs }) => nowMs < untilMs);
  }
}
