/** Keeps the token table right: a token revoked on any node ends here within one poll. */
import type { Logger } from "../log.ts";
import type { StoreRevisions } from "../store/revisions.ts";
import type { TokenRow } from "../store/types.ts";
import type { TokenTable } from "./token-table.ts";

/** Where tokens come from: the store. */
export interface TokenSource {
  readRevisions(): Promise<StoreRevisions>;
  listTokens(): Promise<TokenRow[]>;
}

/** What a {@link TokenFollower} is made of. */
export interface TokenFollowerOptions {
  readonly source: TokenSource;
  readonly table: TokenTable;
  /** Pause between two polls, in ms. */
  readonly pollMs: number;
  readonly log: Logger;
  /** Called after every poll, so that streams whose token has ended are ended too. */
  readonly onPolled: () => void;
}

/**
 * Follows the tokens of the store. While the database is away the tokens of the last read stand, since
 * reads have to go on; those that expire do so on time.
 */
export class TokenFollower {
  readonly #options: TokenFollowerOptions;
  #seen = "";
  #isAway = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> = Promise.resolve();
  /** Ends with the last read that was begun, whatever came of it. */
  #reading: Promise<void> = Promise.resolve();

  /** Reads the tokens and begins to poll. Rejects with the store's error if the first read fails. */
  static async start(options: TokenFollowerOptions): Promise<TokenFollower> {
    const follower = new TokenFollower(options);
    await follower.#read();
    follower.#schedule();
    return follower;
  }

  private constructor(options: TokenFollowerOptions) {
    this.#options = options;
  }

  /** Stops polling; resolves when the last poll has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#polling;
    await this.#reading;
  }

  /**
   * Reads the tokens now: what was committed before the call holds on this node when it resolves, and
   * streams whose token has ended are ended.
   *
   * @throws the store's error; the tokens of the last read stand.
   */
  async refresh(): Promise<void> {
    await this.#read();
    this.#options.onPolled();
  }

  /** A token was revoked for good: it ends here and now, whether the store can be read again or not. */
  forget(tokenId: string): void {
    this.#options.table.forget(tokenId);
    this.#options.onPolled();
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll().finally(() => this.#schedule());
    }, this.#options.pollMs);
  }

  async #poll(): Promise<void> {
    const { log, onPolled } = this.#options;
    try {
      await this.#read();
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) log.warn({ err: error }, "tokens cannot be read; those of the last read stand");
      this.#isAway = true;
    }
    onPolled();
  }

  /** One read after the other: one that began earlier must not bring back what it saw. */
  #read(): Promise<void> {
    const read = this.#reading.then(() => this.#readOnce());
    this.#reading = read.catch(() => undefined);
    return read;
  }

  async #readOnce(): Promise<void> {
    const { source, table } = this.#options;
    const { revision, tokenRevision } = await source.readRevisions();
    // Token revisions of different stores or epochs cannot be compared.
    const found = `${revision.storeId} ${revision.epoch} ${tokenRevision}`;
    if (found === this.#seen) return;
    // Read after the revision: the tokens are as new as it, or newer.
    table.replace(await source.listTokens());
    this.#seen = found;
  }
}
