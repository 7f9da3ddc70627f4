import { type Metadata, status } from "@grpc/grpc-js";
import { type Span, SpanKind, SpanStatusCode, type Tracer } from "@opentelemetry/api";
import type { ErrorReasonName } from "../errors.ts";
import type { CallObserver, ObservedCall } from "../rpc/interceptors/call-observer.ts";
import { statusName } from "../rpc/status.ts";
import { parentOf } from "./trace-parent.ts";

/** Codes that OpenTelemetry counts as failures of a server; the others are the caller's. */
const FAILURES: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/**
 * Makes a span of every call, by the semantic conventions of OpenTelemetry for RPCs (1.45, stable):
 * https://opentelemetry.io/docs/specs/semconv/rpc/. A span names no caller.
 */
export class CallTracer implements CallObserver {
  readonly #tracer: Tracer;
  readonly #methods: ReadonlyMap<string, string>;
  readonly #spans = new Map<ObservedCall, Span>();

  /** @param paths of the RPCs that there are: a caller may send any text as a path. */
  constructor(tracer: Tracer, paths: Iterable<string>) {
    this.#tracer = tracer;
    this.#methods = new Map(Array.from(paths, (path) => [path, path.slice(1)]));
  }

  began(call: ObservedCall, metadata: Metadata): void {
    const method = this.#methods.get(call.path);
    const attributes = { "rpc.system.name": "grpc", "rpc.method": method ?? "_OTHER" };
    const options = { kind: SpanKind.SERVER, attributes };
    const span = this.#tracer.startSpan(method ?? "grpc", options, parentOf(metadata));
    if (span.isRecording()) this.#spans.set(call, span);
  }

  ended(call: ObservedCall, code: status, reason: ErrorReasonName | undefined): void {
    const span = this.#spans.get(call);
    if (span === undefined) return;
    this.#spans.delete(call);
    const name = statusName(code);
    span.setAttribute("rpc.status_code", name);
    span.setAttribute("license.request_id", call.requestId);
    if (reason !== undefined) span.setAttribute("license.reason", reason);
    if (FAILURES.has(code)) {
      span.setAttribute("error.type", name);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}
