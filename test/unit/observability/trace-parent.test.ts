import { Metadata } from "@grpc/grpc-js";
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import test from "ava";
import { parentOf } from "../../../src/observability/trace-parent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

function parentIn(...headers: readonly [key: string, value: string][]) {
  const metadata = new Metadata();
  for (const [key, value] of headers) metadata.add(key, value);
  return parentOf(metadata);
}

test("a caller's trace is read from traceparent, its state from tracestate", (t) => {
  const parent = trace.getSpanContext(
    parentIn(["traceparent", `00-${TRACE}-${SPAN}-01`], ["tracestate", "a=1,b=2"]),
  );
  t.like(parent, { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
  t.is(parent?.traceState?.serialize(), "a=1,b=2");
});

test("a later version may say more than this one", (t) => {
  t.like(trace.getSpanContext(parentIn(["traceparent", `cc-${TRACE}-${SPAN}-00-more`])), {
    traceId: TRACE,
    traceFlags: 0,
  });
});

const WRONG: readonly string[] = [
  "",
  "00",
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-1`,
  `00-${TRACE}${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01 `,
  "x".repeat(5_000),
];

for (const text of WRONG) {
  test(`a traceparent that is none is left out of account: ${JSON.stringify(text.slice(0, 70))}`, (t) => {
    t.is(parentIn(["traceparent", text]), ROOT_CONTEXT);
  });
}

test("no traceparent, two of them, and a state too long to pass on", (t) => {
  t.is(parentIn(), ROOT_CONTEXT);
  const good = `00-${TRACE}-${SPAN}-01`;
  t.is(parentIn(["traceparent", good], ["traceparent", good]), ROOT_CONTEXT);
  const parent = trace.getSpanContext(
    parentIn(["traceparent", good], ["tracestate", `a=${"1".repeat(600)}`]),
  );
  t.is(parent?.traceId, TRACE);
  t.is(parent?.traceState, undefined);
});
