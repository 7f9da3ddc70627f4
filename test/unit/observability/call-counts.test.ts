import { status } from "@grpc/grpc-js";
import test from "ava";
import { Registry } from "prom-client";
import { CallCounts } from "../../../src/observability/call-counts.ts";
import { addCallMetrics } from "../../../src/observability/call-metrics.ts";
import { rpcLabels } from "../../../src/observability/rpc-labels.ts";
import type { ObservedCall } from "../../../src/rpc/interceptors/call-observer.ts";
import { readMetrics } from "../../helpers/scrape.ts";

const INFO = "/license.v1.LicenseService/GetLicenseInfo";
const UPLOAD = "/license.v1.LicenseService/UploadLicense";
const WATCH = "/license.v1.LicenseService/WatchLicenseCapabilities";
const REFLECTION = ["v1", "v1alpha"].map(
  (v) => `/grpc.reflection.${v}.ServerReflection/ServerReflectionInfo`,
);

function create() {
  const counts = new CallCounts(rpcLabels([INFO, UPLOAD, WATCH, ...REFLECTION]));
  const registry = new Registry();
  addCallMetrics(registry, counts);
  return { counts, read: async () => readMetrics(await registry.metrics()) };
}

function callOf(path: string, agoMs = 0): ObservedCall {
  const startedAtMs = performance.now() - agoMs;
  return { path, isStream: path === WATCH, startedAtMs, requestId: "r", identity: undefined };
}

test("calls are counted by RPC and code, and a scrape does not count them again", async (t) => {
  const { counts, read } = create();
  counts.ended(callOf(INFO), status.OK, undefined);
  counts.ended(callOf(INFO), status.OK, undefined);
  counts.ended(callOf(INFO), status.UNAUTHENTICATED, "TOKEN_MISSING");
  await read();
  const series = await read();
  t.is(series.get('license_rpc_calls_total{rpc="LicenseService/GetLicenseInfo",code="OK"}'), 2);
  t.is(series.get('license_rpc_calls_total{rpc="LicenseService/GetLicenseInfo",code="UNAUTHENTICATED"}'), 1);
  t.is(series.get('license_rpc_calls_total{rpc="LicenseService/UploadLicense",code="OK"}'), 0);
});

test("paths that callers make up share one label, and so do the versions of one RPC", async (t) => {
  const { counts, read } = create();
  for (let i = 0; i < 1000; i++) {
    counts.ended(callOf(`/no.such.Service/Rpc${i}`), status.UNIMPLEMENTED, "UNKNOWN_RPC");
  }
  for (const path of REFLECTION) counts.ended(callOf(path), status.OK, undefined);
  const series = await read();
  t.is(series.get('license_rpc_calls_total{rpc="other",code="UNIMPLEMENTED"}'), 1000);
  t.is(series.get('license_rpc_calls_total{rpc="ServerReflection/ServerReflectionInfo",code="OK"}'), 2);
  t.deepEqual(
    [...series.keys()].filter((name) => name.includes("Rpc1")),
    [],
  );
});

test("a duration falls into the bucket of the first bound that it does not exceed", async (t) => {
  const { counts, read } = create();
  counts.ended(callOf(INFO, 20), status.OK, undefined);
  counts.ended(callOf(INFO, 3_000), status.OK, undefined);
  counts.ended(callOf(INFO, 60_000), status.OK, undefined);
  const series = await read();
  const atMost = (le: string) =>
    series.get(`license_rpc_duration_seconds_bucket{rpc="LicenseService/GetLicenseInfo",le="${le}"}`);
  t.deepEqual(["0.01", "0.025", "2.5", "5", "10", "+Inf"].map(atMost), [0, 1, 1, 2, 2, 3]);
  t.is(series.get('license_rpc_duration_seconds_count{rpc="LicenseService/GetLicenseInfo"}'), 3);
  const sum = series.get('license_rpc_duration_seconds_sum{rpc="LicenseService/GetLicenseInfo"}') ?? 0;
  t.true(sum >= 63.02 && sum < 64, `${sum}`);
});

test("watches are open until they end, and have no duration", async (t) => {
  const { counts, read } = create();
  const watches = [callOf(WATCH), callOf(WATCH)];
  for (const watch of watches) counts.began(watch);
  counts.began(callOf(INFO));
  t.is((await read()).get("license_watches_open"), 2);
  for (const watch of watches) counts.ended(watch, status.CANCELLED, undefined);
  const series = await read();
  t.is(series.get("license_watches_open"), 0);
  t.is(
    series.get('license_rpc_calls_total{rpc="LicenseService/WatchLicenseCapabilities",code="CANCELLED"}'),
    2,
  );
  t.is(
    series.get('license_rpc_duration_seconds_count{rpc="LicenseService/WatchLicenseCapabilities"}'),
    undefined,
  );
});

test("a refusal counts once: for the caller, or for the upload", async (t) => {
  const { counts, read } = create();
  const before = await read();
  t.is(
    before.get('license_uploads_refused_total{reason="SIGNATURE_INVALID"}'),
    0,
    "a rate sees the first one",
  );
  t.is(before.get('license_calls_refused_total{reason="TOKEN_UNKNOWN"}'), 0);
  counts.ended(callOf(UPLOAD), status.INVALID_ARGUMENT, "SIGNATURE_INVALID");
  counts.ended(callOf(UPLOAD), status.UNAVAILABLE, "DATABASE_UNAVAILABLE");
  counts.ended(callOf(UPLOAD), status.UNAUTHENTICATED, "TOKEN_UNKNOWN");
  counts.ended(callOf(INFO), status.INVALID_ARGUMENT, "INVALID_REQUEST");
  const refused = [...(await read())].filter(([name, value]) => name.includes("_refused_") && value > 0);
  t.deepEqual(refused, [
    ['license_calls_refused_total{reason="TOKEN_UNKNOWN"}', 1],
    ['license_uploads_refused_total{reason="SIGNATURE_INVALID"}', 1],
    ['license_uploads_refused_total{reason="DATABASE_UNAVAILABLE"}', 1],
  ]);
});
