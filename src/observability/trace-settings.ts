/**
 * The variables of OpenTelemetry that its packages leave to the program: whether traces are exported
 * at all, the sampler and the batches. Where to, with which headers and under which name they read
 * themselves.
 */
import { outsideText } from "../license-file/outside-text.ts";

/** Which calls are traced. */
export interface SamplerSettings {
  readonly root: "always_on" | "always_off" | "traceidratio";
  /** Whether a caller that traces, or does not, decides for its calls. */
  readonly isParentBased: boolean;
  /** Share of traces, 0 to 1, for "traceidratio". */
  readonly ratio: number;
}

/** How spans are gathered before they are sent; `undefined`: the default of OpenTelemetry. */
export interface BatchSettings {
  readonly scheduledDelayMillis: number | undefined;
  readonly exportTimeoutMillis: number | undefined;
  readonly maxQueueSize: number | undefined;
  readonly maxExportBatchSize: number | undefined;
}

/** How traces are made and exported. */
export interface TraceSettings {
  readonly sampler: SamplerSettings;
  readonly batch: BatchSettings;
  /** What of the variables is not followed, and what holds instead; for the log. */
  readonly remarks: readonly string[];
}

/** Variables as in `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

const ENDPOINTS = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] as const;
const PROTOCOLS = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"] as const;
const SAMPLERS = /^(?:parentbased_)?(?:always_on|always_off|traceidratio)$/;
const PARENT_BASED = "parentbased_";
const DEFAULT_SAMPLER = "parentbased_always_on";

/**
 * Reads the variables. A value that does not fit never keeps the service from its work: it is left
 * out of account, with a remark, as OpenTelemetry asks of its users.
 *
 * @returns `undefined`: no traces.
 */
export function readTraceSettings(env: Environment): TraceSettings | undefined {
  const isDisabled = env["OTEL_SDK_DISABLED"]?.trim().toLowerCase() === "true";
  const exporters = (env["OTEL_TRACES_EXPORTER"] || "otlp").split(",").map((name) => name.trim());
  const endpoint = ENDPOINTS.find((name) => env[name]);
  if (isDisabled || !exporters.includes("otlp") || endpoint === undefined) return undefined;
  const remarks: string[] = [];
  if (!URL.canParse(env[endpoint] ?? ""))
    remarks.push(`${endpoint} is not a URL; http://localhost:4318 is used.`);
  const protocol = PROTOCOLS.find((name) => env[name]);
  if (protocol !== undefined && env[protocol] !== "http/protobuf") {
    remarks.push(`${protocol} is not http/protobuf, the only protocol that there is; it is used.`);
  }
  return { sampler: readSampler(env, remarks), batch: readBatch(env, remarks), remarks };
}

function readSampler(env: Environment, remarks: string[]): SamplerSettings {
  const asked = env["OTEL_TRACES_SAMPLER"] || DEFAULT_SAMPLER;
  const isKnown = SAMPLERS.test(asked);
  if (!isKnown)
    remarks.push(`OTEL_TRACES_SAMPLER names no sampler "${outsideText(asked)}"; ${DEFAULT_SAMPLER} is used.`);
  const name = isKnown ? asked : DEFAULT_SAMPLER;
  const isParentBased = name.startsWith(PARENT_BASED);
  const root = (isParentBased ? name.slice(PARENT_BASED.length) : name) as SamplerSettings["root"];
  const ratio = root === "traceidratio" ? readRatio(env, remarks) : 1;
  return { root, isParentBased, ratio };
}

function readRatio(env: Environment, remarks: string[]): number {
  const ratio = Number(env["OTEL_TRACES_SAMPLER_ARG"] || "1");
  if (ratio >= 0 && ratio <= 1) return ratio;
  remarks.push("OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1; 1 is used.");
  return 1;
}

function readBatch(env: Environment, remarks: string[]): BatchSettings {
  const read = (name: string): number | undefined => {
    const text = env[name];
    if (!text) return undefined;
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
    remarks.push(`${name} is not a whole number above 0; the default is used.`);
    return undefined;
  };
  return {
    scheduledDelayMillis: read("OTEL_BSP_SCHEDULE_DELAY"),
    exportTimeoutMillis: read("OTEL_BSP_EXPORT_TIMEOUT"),
    maxQueueSize: read("OTEL_BSP_MAX_QUEUE_SIZE"),
    maxExportBatchSize: read("OTEL_BSP_MAX_EXPORT_BATCH_SIZE"),
  };
}
