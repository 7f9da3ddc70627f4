/** Traces of a real server process, as a collector gets them. */
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import test, { type ExecutionContext } from "ava";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { startOtlpCollector } from "../../helpers/otlp-collector.ts";
import { serverSettings } from "../../helpers/server-settings.ts";
import { startProcess } from "../../helpers/service-process.ts";

const RECORDER = new URL("../../helpers/record-packages.ts", import.meta.url).href;
const INFO = "/license.v1.LicenseService/GetLicenseInfo";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

/** Starts a server with these variables of OpenTelemetry, and spans that are sent soon. */
async function start(t: ExecutionContext, variables: Readonly<Record<string, string>>) {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const env = {
    ...serverSettings({ databaseUrl: database.url, dataDirectory: data.path }),
    OTEL_BSP_SCHEDULE_DELAY: "50",
    ...variables,
  };
  const server = startProcess(t, env);
  const client = new Client(await server.address, credentials.createInsecure());
  t.teardown(() => client.close());
  const token = (await readFile(join(data.path, "admin-token"), "utf8")).trim();
  const call = (path: string, metadata: Readonly<Record<string, string>>) =>
    new Promise<number>((resolve) => {
      const sent = new Metadata();
      for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
      const pass = (bytes: Buffer) => bytes;
      client.makeUnaryRequest(path, pass, pass, Buffer.alloc(0), sent, (error) => resolve(error?.code ?? 0));
    });
  return { server, call, authorization: `Bearer ${token}` };
}

test("every call is a span with the caller's trace, and a refusal carries its reason", async (t) => {
  const collector = await startOtlpCollector(t);
  const { call, authorization } = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  const traceparent = `00-${TRACE}-${PARENT}-01`;
  t.is(await call(INFO, { authorization, traceparent, tracestate: "vendor=1" }), 0);
  const span = await collector.span(({ name }) => name === "license.v1.LicenseService/GetLicenseInfo");
  t.like(span, { traceId: TRACE, parentSpanId: PARENT, traceState: "vendor=1", kind: 2, status: 0 });
  t.like(span.attributes, {
    "rpc.system.name": "grpc",
    "rpc.method": "license.v1.LicenseService/GetLicenseInfo",
    "rpc.status_code": "OK",
  });
  t.is(span.resource["service.name"], "license-service");
  t.regex(span.resource["service.instance.id"] ?? "", /^[0-9a-f-]{36}$/);
  await call(INFO, { traceparent: `00-${TRACE}-${"0".repeat(16)}-01` });
  const refused = await collector.span(({ attributes }) => attributes["license.reason"] !== undefined);
  t.is(refused.attributes["license.reason"], "TOKEN_MISSING");
  t.is(refused.attributes["rpc.status_code"], "UNAUTHENTICATED");
  t.is(refused.status, 0, "the caller's fault is no failure of the server");
  t.not(refused.traceId, TRACE, "a parent that is none begins a trace");
  t.is(refused.parentSpanId, "");
  t.notRegex(JSON.stringify(collector.spans), /admin|Bearer/);
});

test("a path that a caller makes up names no span, and is a failure", async (t) => {
  const collector = await startOtlpCollector(t);
  const { call, authorization } = await start(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  await call("/license.v1.LicenseService/NoSuchRpc", { authorization });
  const span = await collector.span(({ status }) => status === 2);
  t.is(span.name, "grpc");
  t.like(span.attributes, {
    "rpc.method": "_OTHER",
    "rpc.status_code": "UNIMPLEMENTED",
    "error.type": "UNIMPLEMENTED",
    "license.reason": "UNKNOWN_RPC",
  });
});

test("name, attributes and sampler follow the variables of OpenTelemetry", async (t) => {
  const collector = await startOtlpCollector(t);
  const { call, authorization } = await start(t, {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.endpoint}/v1/traces`,
    OTEL_SERVICE_NAME: "licenses-of-site-7",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=staging,service.name=overruled",
    OTEL_TRACES_SAMPLER: "parentbased_always_off",
  });
  await call(INFO, { authorization });
  await call(INFO, { authorization, traceparent: `00-${TRACE}-${PARENT}-00` });
  await call(INFO, { authorization, traceparent: `00-${TRACE}-${PARENT}-01` });
  const span = await collector.span(() => true);
  t.is(span.traceId, TRACE);
  t.like(span.resource, {
    "service.name": "licenses-of-site-7",
    "deployment.environment.name": "staging",
  });
  t.is(collector.spans.length, 1, "only the caller who traces asks for a span");
});

test("what is left is exported when the service stops", async (t) => {
  const collector = await startOtlpCollector(t);
  const { call, authorization, server } = await start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_BSP_SCHEDULE_DELAY: "600000",
  });
  await call(INFO, { authorization });
  t.deepEqual(collector.spans, []);
  server.child.kill("SIGTERM");
  t.is((await server.end).code, 0);
  t.is(collector.spans.length, 1);
});

test("while the collector is away calls go on, and the log says it once", async (t) => {
  const { call, authorization, server } = await start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TIMEOUT: "100",
  });
  t.is(await call(INFO, { authorization }), 0);
  await server.wrote("traces cannot be exported");
  for (let i = 0; i < 20; i++) {
    t.is(await call(INFO, { authorization }), 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  server.child.kill("SIGTERM");
  const { lines, code } = await server.end;
  t.is(code, 0);
  t.is(lines.filter((line) => line.includes("traces cannot be exported")).length, 1);
});

test("a stop is not held up by a collector that never answers", async (t) => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  t.teardown(() => void silent.close());
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const { call, authorization, server } = await start(t, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_TIMEOUT: "600000",
    OTEL_BSP_SCHEDULE_DELAY: "600000",
  });
  t.is(await call(INFO, { authorization }), 0);
  const asked = once(silent, "connection");
  const stoppedAt = performance.now();
  server.child.kill("SIGTERM");
  await asked;
  t.is((await server.end).code, 0);
  const tookMs = performance.now() - stoppedAt;
  t.true(tookMs < 60_000, `${tookMs} ms`);
});

test("without an endpoint nothing of OpenTelemetry's SDK is loaded", async (t) => {
  const [off, on] = await Promise.all([
    loadedPackages(t, {}),
    loadedPackages(t, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" }),
  ]);
  t.deepEqual(off, []);
  t.true(on.includes("sdk-trace"), "the look at what is loaded sees it");
});

/** Packages of @opentelemetry that a server loads until it serves, but the API, which prom-client loads. */
async function loadedPackages(t: ExecutionContext, variables: Readonly<Record<string, string>>) {
  const directory = await mkdtemp(join(tmpdir(), "license-packages-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, "packages");
  await writeFile(file, "");
  await start(t, { ...variables, NODE_OPTIONS: `--import=${RECORDER}`, RECORDED_PACKAGES: file });
  const names = (await readFile(file, "utf8")).split("\n").filter((name) => name !== "");
  return [...new Set(names)].filter((name) => name !== "api");
}
