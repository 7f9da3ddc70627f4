import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import type { Logger } from "../log.ts";

type Done = Parameters<SpanExporter["export"]>[1];

/** Says in the log when spans cannot be exported, and when they can again: once each, not once a batch. */
export class ReportingExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #log: Logger;
  #isFailing = false;

  constructor(exporter: SpanExporter, log: Logger) {
    this.#exporter = exporter;
    this.#log = log;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#exporter.export(spans, (result) => {
      this.#note(result);
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #note({ code, error }: Parameters<Done>[0]): void {
    const isFailing = code !== 0;
    if (isFailing && !this.#isFailing) {
      this.#log.warn({ err: error }, "traces cannot be exported and are dropped; the service goes on");
    }
    if (!isFailing && this.#isFailing) this.#log.info("traces are exported again");
    this.#isFailing = isFailing;
  }
}
