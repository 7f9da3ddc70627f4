import { Metadata, status } from "@grpc/grpc-js";
import test from "ava";
import { observeAll } from "../../../src/observability/observe-all.ts";
import type { CallObserver, ObservedCall } from "../../../src/rpc/interceptors/call-observer.ts";

const CALL: ObservedCall = {
  path: "/a.B/C",
  isStream: false,
  startedAtMs: 0,
  requestId: "r",
  identity: undefined,
};

test("all observers see a call begin and end, those without interest in its beginning too", (t) => {
  const seen: string[] = [];
  const one: CallObserver = {
    began: ({ path }) => seen.push(`one began ${path}`),
    ended: (_, code, reason) => seen.push(`one ended ${code} ${reason}`),
  };
  const other: CallObserver = { ended: (_, code) => seen.push(`other ended ${code}`) };
  const both = observeAll([one, other]);
  both?.began?.(CALL, new Metadata());
  both?.ended(CALL, status.NOT_FOUND, "NOT_FOUND");
  t.deepEqual(seen, ["one began /a.B/C", "one ended 5 NOT_FOUND", "other ended 5"]);
});

test("one observer stands for itself, and none for nothing", (t) => {
  const one: CallObserver = { ended: () => undefined };
  t.is(observeAll([one]), one);
  t.is(observeAll([]), undefined);
});
