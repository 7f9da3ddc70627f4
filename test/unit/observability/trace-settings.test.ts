import test from "ava";
import { loadConfig } from "../../../src/config.ts";
import { readTraceSettings } from "../../../src/observability/trace-settings.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

test("traces are off until an endpoint is named, and can be switched off beside one", (t) => {
  t.is(readTraceSettings({}), undefined);
  t.is(readTraceSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: "" }), undefined);
  t.is(readTraceSettings({ ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" }), undefined);
  t.is(readTraceSettings({ ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }), undefined);
  t.truthy(readTraceSettings({ ...ENDPOINT, OTEL_SDK_DISABLED: "false", OTEL_TRACES_EXPORTER: "otlp" }));
  t.truthy(readTraceSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/v1/traces" }));
});

test("the configuration holds them, and no variable of OpenTelemetry is an unknown setting", (t) => {
  const machine = { hostName: "n", isTerminal: false, workingDirectory: "/" };
  const command = loadConfig({ ...ENDPOINT, OTEL_SERVICE_NAME: "x" }, [], machine);
  t.like(command, { kind: "run", config: { traces: { remarks: [] } } });
  t.like(loadConfig({}, [], machine), { config: { traces: undefined } });
});

test("without further variables every root is sampled, a caller decides for its calls, and defaults hold", (t) => {
  t.deepEqual(readTraceSettings(ENDPOINT), {
    sampler: { root: "always_on", isParentBased: true, ratio: 1 },
    batch: {
      scheduledDelayMillis: undefined,
      exportTimeoutMillis: undefined,
      maxQueueSize: undefined,
      maxExportBatchSize: undefined,
    },
    remarks: [],
  });
});

test("the six samplers of OpenTelemetry are known by name", (t) => {
  const samplerOf = (name: string, arg?: string) =>
    readTraceSettings({ ...ENDPOINT, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg })?.sampler;
  t.deepEqual(samplerOf("always_on"), { root: "always_on", isParentBased: false, ratio: 1 });
  t.deepEqual(samplerOf("always_off"), { root: "always_off", isParentBased: false, ratio: 1 });
  t.deepEqual(samplerOf("traceidratio", "0.25"), { root: "traceidratio", isParentBased: false, ratio: 0.25 });
  t.deepEqual(samplerOf("parentbased_always_on"), { root: "always_on", isParentBased: true, ratio: 1 });
  t.deepEqual(samplerOf("parentbased_always_off"), { root: "always_off", isParentBased: true, ratio: 1 });
  t.deepEqual(samplerOf("parentbased_traceidratio", "0"), {
    root: "traceidratio",
    isParentBased: true,
    ratio: 0,
  });
});

test("a value that does not fit keeps nothing from its work: the default holds, and a remark says so", (t) => {
  const read = readTraceSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: "collector",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_TRACES_SAMPLER: "jaeger\nremote",
    OTEL_BSP_MAX_QUEUE_SIZE: "many",
  });
  t.deepEqual(read?.sampler, { root: "always_on", isParentBased: true, ratio: 1 });
  t.is(read?.batch.maxQueueSize, undefined);
  t.is(read?.remarks.length, 4);
  t.notRegex(read?.remarks.join("") ?? "", /\n/);
  const ratio = { ...ENDPOINT, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" };
  t.is(readTraceSettings(ratio)?.sampler.ratio, 1);
  t.is(readTraceSettings(ratio)?.remarks.length, 1);
});

test("batches follow their variables", (t) => {
  const { batch } =
    readTraceSettings({
      ...ENDPOINT,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_BSP_EXPORT_TIMEOUT: "200",
      OTEL_BSP_MAX_QUEUE_SIZE: "300",
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "40",
    }) ?? {};
  t.deepEqual(batch, {
    scheduledDelayMillis: 100,
    exportTimeoutMillis: 200,
    maxQueueSize: 300,
    maxExportBatchSize: 40,
  });
});
