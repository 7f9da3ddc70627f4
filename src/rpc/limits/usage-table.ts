/** What is kept of one party. */
export interface Forgettable {
  /** Nothing would be lost with it. */
  isIdle(nowMs: number): boolean;
}

/** Milliseconds between two clearings. */
const CLEARING_MS = 1000;

/** What is kept of many parties. Those that are idle are forgotten, so that strangers cannot make it grow. */
export class UsageTable<Value extends Forgettable> {
  readonly #create: (nowMs: number) => Value;
  readonly #values = new Map<string, Value>();
  #clearedAtMs = 0;

  constructor(create: (nowMs: number) => Value) {
    this.#create = create;
  }

  /** How many parties are remembered. */
  get size(): number {
    return this.#values.size;
  }

  /** What is kept of a party. Unless it is made use of at once, it may be forgotten. */
  of(key: string, nowMs: number): Value {
    return this.#values.get(key) ?? this.#add(key, nowMs);
  }

  #add(key: string, nowMs: number): Value {
    if (nowMs - this.#clearedAtMs >= CLEARING_MS) this.#clear(nowMs);
    const value = this.#create(nowMs);
    this.#values.set(key, value);
    return value;
  }

  #clear(nowMs: number): void {
    this.#clearedAtMs = nowMs;
    for (const [key, value] of this.#values) if (value.isIdle(nowMs)) this.#values.delete(key);
  }
}
