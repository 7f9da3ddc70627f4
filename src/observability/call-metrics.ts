import { status } from "@grpc/grpc-js";
import { Counter, type Registry } from "prom-client";
import { statusName } from "../rpc/status.ts";
import { type CallCounts, DURATION_BOUNDS } from "./call-counts.ts";
import { CountedHistogram } from "./counted-histogram.ts";
import { addGauge } from "./read-gauge.ts";

/** gRPC's codes by number, OK first. */
const CODES = Object.values(status).filter((code) => typeof code === "number");

/** Adds what was counted of calls to a registry. */
export function addCallMetrics(registry: Registry, counts: CallCounts): void {
  const { labels: rpcs } = counts.rpcs;
  new Counter({
    name: "license_rpc_calls_total",
    help: "Calls that have ended, by RPC and gRPC status code.",
    labelNames: ["rpc", "code"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [index, rpc] of rpcs.entries()) {
        for (const code of CODES) {
          const ended = counts.endedWith(index, code);
          // OK also with none, so that every RPC is there from the start.
          if (ended > 0 || code === status.OK) this.inc({ rpc, code: statusName(code) }, ended);
        }
      }
    },
  });
  registry.registerMetric(
    new CountedHistogram({
      name: "license_rpc_duration_seconds",
      help: "Seconds from the arrival of a unary call to its status, by RPC.",
      label: "rpc",
      bounds: DURATION_BOUNDS,
      read: () => durationsOf(counts),
    }),
  );
  addGauge(
    registry,
    "license_watches_open",
    "Watches of capabilities that are open.",
    () => counts.openWatches,
  );
  addRefusals(
    registry,
    "license_calls_refused_total",
    "Calls of any RPC refused for the caller's identity, role or limits, by reason.",
    () => counts.refusals.calls,
  );
  addRefusals(
    registry,
    "license_uploads_refused_total",
    "Uploads and dry runs of uploads that were refused, by reason; not those refused for identity or limits.",
    () => counts.refusals.uploads,
  );
}

/** RPCs that were never called are left out: seventeen lines for each are many. */
function durationsOf(counts: CallCounts) {
  return counts.rpcs.labels.flatMap((rpc, index) => {
    const { counts: buckets, sumSeconds } = counts.durations(index);
    const isCalled = buckets.some((count) => count > 0);
    return isCalled ? [{ labels: { rpc }, counts: buckets, sum: sumSeconds }] : [];
  });
}

function addRefusals(
  registry: Registry,
  name: string,
  help: string,
  read: () => ReadonlyMap<string, number>,
): void {
  new Counter({
    name,
    help,
    labelNames: ["reason"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [reason, count] of read()) this.inc({ reason }, count);
    },
  });
}
