import type { ClientCertificate } from "../../identity/client-certificate.ts";
import type { Identity } from "../../identity/identity.ts";
import type { StrangerUsage } from "../limits/stranger-usage.ts";
import type { Usage } from "../limits/usage.ts";

/** So many calls beyond the rate of strangers are answered on one connection; then it is closed. */
const MOST_OVERDONE = 100;

/** What can be ended at once. */
export interface Destroyable {
  destroy(): unknown;
}

/** One connection, from its acceptance on, and whose calls it carries. */
export class Connection {
  /** What its remote address does without an identity. */
  readonly strangers: StrangerUsage;
  /** Verified in the handshake; `undefined`: none was asked for. */
  certificate: ClientCertificate | undefined;
  /**
   * Whose token came with the latest call, so that the same one is not hashed again. In the clear, but only
   * as long as the connection is open.
   */
  latestCaller: { readonly authorization: string; readonly identity: Identity } | undefined;
  /** It has come as far as HTTP/2. */
  isServed = false;
  readonly #socket: Destroyable | undefined;
  readonly #carried = new Set<Usage>();
  #latest: Usage | undefined;
  #isAdmitted = false;
  #isClosed = false;
  #overdone = 0;

  /** @param socket as it was accepted, below TLS; `undefined`: it is gone already. */
  constructor(strangers: StrangerUsage, socket: Destroyable | undefined) {
    this.strangers = strangers;
    this.#socket = socket;
    strangers.unidentified++;
  }

  /** It has made a call that was admitted. */
  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  /** Takes note of a call that was admitted. */
  admitted(): void {
    if (this.#isAdmitted || this.#isClosed) return;
    this.#isAdmitted = true;
    this.strangers.unidentified--;
  }

  /** Takes note of a stranger's call that came too early. A connection with nothing else on it is closed. */
  overdone(): void {
    this.#overdone++;
    if (this.#overdone > MOST_OVERDONE && !this.#isAdmitted) this.destroy();
  }

  /** Takes note that it carries calls of `usage`. `false`: as many as `most` other connections do already. */
  carry(usage: Usage, most: number): boolean {
    // Nearly always it is the caller of the call before.
    if (usage === this.#latest) return true;
    if (!this.#carried.has(usage)) {
      if (usage.connections >= most) return false;
      // Nobody would take it back.
      if (this.#isClosed) return true;
      usage.connections++;
      this.#carried.add(usage);
    }
    this.#latest = usage;
    return true;
  }

  /** Ends it at once, with whatever runs on it. */
  destroy(): void {
    this.#socket?.destroy();
  }

  /** It has been closed, by whomever: gives back what it was counted in. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.latestCaller = undefined;
    if (!this.#isAdmitted) this.strangers.unidentified--;
    for (const usage of this.#carried) usage.connections--;
  }
}
