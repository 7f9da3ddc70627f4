/**
 * Exports traces by OTLP. The only way to OpenTelemetry's packages: it is imported when traces are
 * asked for, and not at all else.
 */
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Logger } from "../log.ts";
import type { CallObserver } from "../rpc/interceptors/call-observer.ts";
import { CallTracer } from "./call-tracer.ts";
import { ReportingExporter } from "./reporting-exporter.ts";
import type { SamplerSettings, TraceSettings } from "./trace-settings.ts";

/** What traces tell of this node, and which RPCs there are. */
export interface TraceParts {
  readonly settings: TraceSettings;
  readonly version: string;
  readonly nodeId: string;
  readonly paths: Iterable<string>;
  readonly log: Logger;
}

/** Traces that are made and exported. */
export interface Traces {
  readonly observer: CallObserver;
  /** Exports what is left, if that is possible within two seconds. */
  close(): Promise<void>;
}

/** How long the last export may take. */
const FLUSH_MS = 2_000;

/** Begins to make traces. */
export function startTraces({ settings, version, nodeId, paths, log }: TraceParts): Traces {
  for (const remark of settings.remarks) log.warn(remark);
  const exporter = new ReportingExporter(new OTLPTraceExporter(), log);
  const provider = new TracerProvider({
    resource: resourceOf(version, nodeId),
    sampler: samplerOf(settings.sampler),
    spanProcessors: [new BatchSpanProcessor({ exporter, ...stated(settings.batch) })],
  });
  return {
    observer: new CallTracer(provider.getTracer("license-service", version), paths),
    close: () => within(FLUSH_MS, provider.shutdown()),
  };
}

/** OTEL_RESOURCE_ATTRIBUTES goes before what is known here, and OTEL_SERVICE_NAME before both. */
function resourceOf(version: string, nodeId: string) {
  const known = {
    "service.name": "license-service",
    "service.version": version,
    "service.instance.id": nodeId,
  };
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector];
  return defaultResource().merge(resourceFromAttributes(known)).merge(detectResources({ detectors }));
}

function samplerOf({ root, isParentBased, ratio }: SamplerSettings): Sampler {
  const samplers = {
    always_on: () => new AlwaysOnSampler(),
    always_off: () => new AlwaysOffSampler(),
    traceidratio: () => new TraceIdRatioBasedSampler(ratio),
  };
  const sampler = samplers[root]();
  return isParentBased ? new ParentBasedSampler({ root: sampler }) : sampler;
}

/** Options without those that are not stated. */
function stated<Options extends object>(options: Options) {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Options]: Exclude<Options[Name], undefined> };
}

/** Waits for `work`, but not longer than `ms`. That it failed is in the log by then. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}
