import type { Clock } from "../clock.ts";
import { StartupError } from "../errors.ts";
import { outsideText } from "../license-file/outside-text.ts";
import type { Logger } from "../log.ts";
import type { Alert } from "../snapshot/alert.ts";
import { systemTimers, type Timer, type Timers } from "../snapshot/timers.ts";
import { certificateAlerts } from "./certificate-alerts.ts";
import { type CertificateFiles, readCertificateFiles } from "./certificate-files.ts";
import { timeText } from "./server-certificate.ts";
import type { TlsPaths } from "./tls-settings.ts";

/** What {@link TlsFiles} work with. */
export interface TlsFilesOptions {
  readonly paths: TlsPaths;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds from one look at the files to the next. Default: 5,000. */
  readonly lookMs?: number;
  /** Default: the process's. */
  readonly timers?: Timers;
}

const LOOK_MS = 5000;

/**
 * The files of TLS, followed: new contents take effect without a restart. Contents that cannot be used never
 * replace the last good ones; they are looked at again until they can be.
 */
export class TlsFiles {
  readonly #options: Required<TlsFilesOptions>;
  readonly #listeners = new Set<(files: CertificateFiles) => void>();
  #current: CertificateFiles;
  #problem: string | undefined;
  #timer: Timer | undefined;
  #reading: Promise<void> = Promise.resolve();
  #isClosed = false;

  /**
   * Reads the files and begins to follow them.
   *
   * @throws StartupError "certificate" if they cannot be used.
   */
  static async open(given: TlsFilesOptions): Promise<TlsFiles> {
    const options = { lookMs: LOOK_MS, timers: systemTimers, ...given };
    const files = new TlsFiles(options, await readCertificateFiles(options.paths, options.clock.now()));
    files.#tellOfKey();
    files.#schedule();
    return files;
  }

  private constructor(options: Required<TlsFilesOptions>, current: CertificateFiles) {
    this.#options = options;
    this.#current = current;
  }

  /** The last good contents. */
  get current(): CertificateFiles {
    return this.#current;
  }

  /** Calls back with every new good contents from now on. */
  onChange(listener: (files: CertificateFiles) => void): void {
    this.#listeners.add(listener);
  }

  /** Reads the files now, if they have changed. Never rejects: contents that cannot be used are an alert. */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  /** What somebody should do about the certificate. */
  alerts(): readonly Alert[] {
    return certificateAlerts(this.#current, this.#problem, this.#options.clock.now());
  }

  /** Ends the following; resolves when the last read has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#listeners.clear();
    await this.#reading;
  }

  #schedule(): void {
    if (this.#isClosed) return;
    const { timers, lookMs } = this.#options;
    this.#timer = timers.after(lookMs, () => void this.reload().then(() => this.#schedule()));
  }

  async #read(): Promise<void> {
    const { paths, clock, log } = this.#options;
    try {
      const found = await readCertificateFiles(paths, clock.now());
      if (this.#problem !== undefined) log.info("the TLS files can be used again");
      this.#problem = undefined;
      if (found.digest !== this.#current.digest) this.#replace(found);
    } catch (error) {
      this.#complain(error);
    }
  }

  #replace(found: CertificateFiles): void {
    this.#current = found;
    const { subject, notAfter } = found;
    this.#options.log.info(
      { certificate: outsideText(subject), notAfter: timeText(notAfter) },
      "the TLS files have changed; new connections are served with them",
    );
    this.#tellOfKey();
    for (const listener of this.#listeners) listener(found);
  }

  #complain(error: unknown): void {
    const problem = error instanceof StartupError ? error.message : outsideText(String(error));
    if (problem === this.#problem) return;
    this.#problem = problem;
    this.#options.log.error({ problem }, "newer TLS files cannot be used; those of before stay in use");
  }

  #tellOfKey(): void {
    if (!this.#current.isKeyOpenToOthers) return;
    this.#options.log.warn(
      { path: outsideText(this.#options.paths.key, 300) },
      "accounts other than the service's can read the TLS key; allow only its owner (chmod 600)",
    );
  }
}
