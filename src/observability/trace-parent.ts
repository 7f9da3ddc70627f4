import type { Metadata } from "@grpc/grpc-js";
import { type Context, createTraceState, ROOT_CONTEXT, trace } from "@opentelemetry/api";

/** W3C Trace Context: version, trace id, id of the caller's span, flags; later versions may go on after a dash. */
const TRACE_PARENT =
  /^(?!ff)(?<version>[\da-f]{2})-(?<traceId>[\da-f]{32})-(?<spanId>[\da-f]{16})-(?<flags>[\da-f]{2})(?<rest>-.*)?$/;

/** Longest `tracestate` that has to be passed on, in characters. */
const MOST_STATE = 512;

/** The context of the caller's span; the root context if the call does not tell one, or tells it wrongly. */
export function parentOf(metadata: Metadata): Context {
  const { version, traceId, spanId, flags, rest } =
    TRACE_PARENT.exec(textOf(metadata, "traceparent"))?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  if (version === "00" && rest !== undefined) return ROOT_CONTEXT;
  const state = textOf(metadata, "tracestate");
  const parent = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  const traceState = state === "" || state.length > MOST_STATE ? {} : { traceState: createTraceState(state) };
  // Ids of zeros are not valid; the tracer begins a trace of its own then.
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, ...traceState });
}

/** The only value of a key; empty: there is none, or more than one. */
function textOf(metadata: Metadata, key: string): string {
  const [value, another] = metadata.get(key);
  return typeof value === "string" && another === undefined ? value : "";
}
