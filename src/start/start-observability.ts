import { CallCounts } from "../observability/call-counts.ts";
import { createMetrics, type MetricSources } from "../observability/metrics.ts";
import { MetricsServer } from "../observability/metrics-server.ts";
import { observeAll } from "../observability/observe-all.ts";
import { rpcLabels } from "../observability/rpc-labels.ts";
import type { CallObserver } from "../rpc/interceptors/call-observer.ts";
import { accessTable } from "../rpc/roles.ts";
import { packageVersion } from "../version.ts";
import type { ClosingStack } from "./closing-stack.ts";
import type { ServingParts } from "./serve.ts";

/** What is watched: the parts that serve, and what metrics are read from. */
export interface ObservedParts
  extends Pick<ServingParts, "config" | "profile" | "poolUse" | "platform" | "log" | "clock">,
    Pick<MetricSources, "hub" | "liveAlerts" | "certificateEndsAt" | "usb"> {}

/** Who watches the calls, and where metrics are served. */
export interface Observability {
  /** `undefined`: neither metrics nor traces are on. */
  readonly observer: CallObserver | undefined;
  /** "host:port"; `undefined`: metrics are off. */
  readonly metricsAddress: string | undefined;
}

/** Every path that may be an RPC of this server, be reflection on or not. */
const PATHS = [...accessTable("open").keys()];

/**
 * Begins to count and to trace calls, as far as the settings ask for it, and serves the metrics.
 *
 * @throws StartupError "listen": the address of the metrics is taken, not ours or not allowed.
 */
export async function startObservability(parts: ObservedParts, opened: ClosingStack): Promise<Observability> {
  const tracer = await startTracing(parts, opened);
  const { counts, address } = await startMetrics(parts, opened);
  const observers = [counts, tracer].filter((observer) => observer !== undefined);
  return { observer: observeAll(observers), metricsAddress: address };
}

async function startMetrics({ config, ...parts }: ObservedParts, opened: ClosingStack) {
  if (config.metricsListen === undefined) return { counts: undefined, address: undefined };
  const { poolUse, log, profile } = parts;
  const counts = new CallCounts(rpcLabels(PATHS));
  const read = createMetrics({
    ...parts,
    pool: poolUse,
    calls: counts,
    version: packageVersion(),
    profile: profile.name,
  });
  const server = await MetricsServer.start({ address: config.metricsListen, read, log });
  opened.add("metrics", () => server.close());
  return { counts, address: server.address };
}

async function startTracing({ config, platform, log }: ObservedParts, opened: ClosingStack) {
  const settings = config.traces;
  if (settings === undefined) return undefined;
  const { startTraces } = await import("../observability/traces.ts");
  const { nodeId } = platform;
  const traces = startTraces({ settings, version: packageVersion(), nodeId, paths: PATHS, log });
  opened.add("traces", () => traces.close());
  return traces.observer;
}
