import { constants } from "node:os";
import { EXIT_CODES } from "./errors.ts";
import type { Log } from "./log.ts";
import type { RunningService } from "./start/start-service.ts";

const STOP_SIGNALS = ["SIGTERM", "SIGINT"] as const;

/** Ends the process on signals and defects, in order if that is still possible. */
export class ProcessLife {
  readonly #output: Log;
  #service: RunningService | undefined;
  #exitCode: number | undefined;

  constructor(output: Log) {
    this.#output = output;
    for (const signal of STOP_SIGNALS) process.on(signal, () => this.#asked(signal));
    process.on("SIGHUP", () => this.#reload());
    process.on("uncaughtException", (error) => this.#failed(error));
    process.on("unhandledRejection", (error) => this.#failed(error));
  }

  /** From now on there is something to stop. */
  serves(service: RunningService): void {
    this.#service = service;
    // The request to stop came while the service started.
    if (this.#exitCode !== undefined) void this.#end();
  }

  /** Without a service yet there is nothing to read again: its start reads everything. */
  #reload(): void {
    this.#output.log.info("SIGHUP: the TLS files are read again if they have changed");
    void this.#service?.reload();
  }

  #asked(signal: (typeof STOP_SIGNALS)[number]): void {
    if (this.#exitCode !== undefined) {
      // As if the signal had ended the process, which is what the caller asks for.
      this.#exitCode = 128 + constants.signals[signal];
      this.#exitNow();
    }
    this.#exitCode = 0;
    this.#output.log.info({ signal }, "stopping; once more to stop at once");
    void this.#end();
  }

  #failed(error: unknown): void {
    this.#output.log.fatal({ err: error }, "a defect: the service ends");
    // Without a service nothing is to be closed; with a second defect nothing more can be.
    if (this.#service === undefined || this.#exitCode !== undefined) {
      this.#exitCode = EXIT_CODES.internal;
      this.#exitNow();
    }
    this.#exitCode = EXIT_CODES.internal;
    void this.#end();
  }

  async #end(): Promise<void> {
    if (this.#service === undefined) return;
    await this.#service.stop();
    this.#output.log.info("stopped");
    this.#exitNow();
  }

  #exitNow(): never {
    this.#output.flush();
    process.exit(this.#exitCode);
  }
}
