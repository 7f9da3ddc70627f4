import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { fileProblem } from "../platform/file-problem.ts";
import { shownPath } from "../platform/shown-path.ts";
import type { Alert } from "../snapshot/alert.ts";
import { singleFlight } from "../snapshot/single-flight.ts";
import type { SnapshotHub } from "../snapshot/snapshot-hub.ts";
import type { Timer, Timers } from "../snapshot/timers.ts";
import { reconcileUsbState, type UsbStateParts } from "./reconcile-usb-state.ts";
import { keepUsbState, USB_STATE_FILE } from "./usb-state-file.ts";

/** How often what failed is tried again while no new state comes. */
const RETRY_MS = 60_000;

/** What a {@link UsbStateKeeper} works with. */
export interface UsbStateKeeperOptions extends UsbStateParts {
  readonly hub: SnapshotHub;
  readonly timers: Timers;
}

/**
 * Keeps the state of the USB keys in the data directory, behind the answers, and brings it back to a database that
 * was put back to an older state before anything of that is kept (threat 18).
 */
export class UsbStateKeeper {
  readonly #options: UsbStateKeeperOptions;
  readonly #keep: () => Promise<void>;
  readonly #unsubscribe: () => void;
  /** The epoch under which the database was last held against the file. */
  #epoch: bigint | undefined;
  #kept: string | undefined;
  /** Why the latest state is not on disk; `undefined`: it is, or is being written. */
  #problem: string | undefined;
  #retry: Timer | undefined;
  #working: Promise<void>;
  #isClosed = false;

  /** Begins to keep the state that the hub has now, and every later one. */
  constructor(options: UsbStateKeeperOptions) {
    this.#options = options;
    // One write at a time, of the latest state: an older one never replaces a newer one.
    this.#keep = singleFlight(() => this.#work());
    this.#unsubscribe = options.hub.subscribe(() => this.#start());
    this.#working = this.#keep();
  }

  /** An alert while the latest state is not on disk. */
  alerts(): readonly Alert[] {
    if (this.#problem === undefined) return [];
    const path = shownPath(join(this.#options.dataDirectory, USB_STATE_FILE));
    return [
      {
        kind: "DATA_DIRECTORY",
        severity: "WARNING",
        message: `The history of the USB keys cannot be kept in the data directory: ${this.#problem}. If the database is restored to an older state, what happened since is not known here.`,
        remedy: `Make ${path} writable again; the server tries it every minute.`,
        subject: USB_STATE_FILE,
      },
    ];
  }

  /** Ends the keeping, after the work that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unsubscribe();
    this.#retry?.cancel();
    await this.#working;
  }

  #start(): void {
    this.#working = this.#keep();
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    // The answers that the new state was read for go out first.
    await setImmediate();
    this.#retry?.cancel();
    try {
      await this.#reconcile();
    } catch (error) {
      // The hub has told the log that the database is away; meanwhile the file stays as it is.
      this.#options.log.debug({ err: error }, "the history of the USB keys is held against the file later");
      this.#tryAgain();
      return;
    }
    await this.#write().then(
      () => this.#succeeded(),
      (error: unknown) => this.#failed(error),
    );
  }

  async #reconcile(): Promise<void> {
    const { hub } = this.#options;
    const { epoch } = hub.current().state.revision;
    if (epoch === this.#epoch) return;
    const revision = await reconcileUsbState(this.#options);
    if (revision !== undefined) await hub.catchUp(revision);
    this.#epoch = epoch;
  }

  /** What does not verify is not kept: the file knows better. */
  async #write(): Promise<void> {
    const { usb, revision, stored } = this.#options.hub.current().state;
    const { usbState } = stored;
    if (usb === undefined || typeof usbState !== "string" || usbState === this.#kept) return;
    if (revision.epoch !== this.#epoch) return this.#start();
    await keepUsbState(this.#options.dataDirectory, usbState);
    this.#kept = usbState;
  }

  #succeeded(): void {
    if (this.#problem !== undefined) {
      this.#options.log.info("the history of the USB keys is kept in the data directory again");
    }
    this.#problem = undefined;
  }

  #failed(error: unknown): void {
    if (this.#problem === undefined) {
      this.#options.log.error(
        { err: error },
        "the history of the USB keys cannot be kept in the data directory; serving goes on",
      );
    }
    this.#problem = fileProblem(error);
    this.#tryAgain();
  }

  #tryAgain(): void {
    if (!this.#isClosed) this.#retry = this.#options.timers.after(RETRY_MS, () => this.#start());
  }
}
