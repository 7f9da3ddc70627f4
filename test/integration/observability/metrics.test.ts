/** Metrics over HTTP, of a real service that is called. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import test, { type ExecutionContext } from "ava";
import { EXIT_CODES } from "../../../src/errors.ts";
import { SETTINGS } from "../../../src/settings.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { rpcErrorOf } from "../../helpers/rpc-error.ts";
import { startRpcService } from "../../helpers/rpc-service.ts";
import { scrape } from "../../helpers/scrape.ts";
import { startProcess } from "../../helpers/service-process.ts";
import { openFaultyNetwork } from "../store/faulty-network.ts";

const ON = { LICENSE_METRICS_LISTEN: "127.0.0.1:0" };

/** Scrapes until a series has a value. */
async function until(t: ExecutionContext, address: string | undefined, series: string, value: number) {
  for (;;) {
    const scraped = await scrape(address);
    if (scraped.get(series) === value) return scraped;
    t.timeout(20_000, `${series} is ${scraped.get(series)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("calls, refusals, licenses and watches of a service show in its metrics", async (t) => {
  const rpc = await startRpcService(t, { settings: ON });
  const { metricsAddress } = rpc.service;
  const { licenses } = await rpc.install();
  await rpc.call("getLicenseInfo");
  await rpc.call("getLicenseInfo");
  await rpcErrorOf(rpc.call("uploadLicense", { package: Buffer.from("no license") }));
  const stream = rpc.watch();
  await stream.next();
  const series = await scrape(metricsAddress);
  t.is(series.get('license_rpc_calls_total{rpc="LicenseService/GetLicenseInfo",code="OK"}'), 2);
  t.is(series.get('license_rpc_calls_total{rpc="LicenseService/UploadLicense",code="INVALID_ARGUMENT"}'), 1);
  t.is(series.get('license_rpc_duration_seconds_count{rpc="LicenseService/UploadLicense"}'), 2);
  t.is(series.get('license_uploads_refused_total{reason="NOT_A_LICENSE"}'), 1);
  t.is(series.get("license_watches_open"), 1);
  t.is(series.get("license_snapshot_revision"), 1);
  t.is(series.get("license_database_up"), 1);
  t.is(series.get('license_quota_limit{meter="base/cpus"}'), 64);
  const days = series.get(`license_days_left{license_id="${licenses[0]?.license?.id}",item="base"}`) ?? 0;
  t.true(days > 364.9 && days <= 365, `${days}`);
  t.is(series.get('license_alerts{kind="TEST_VENDOR_TRUSTED",severity="WARNING"}'), 1);
  stream.cancel();
  await until(t, metricsAddress, "license_watches_open", 0);
});

test("threat 26: metrics hold no request code, customer or token, and nobody but GET /metrics is answered", async (t) => {
  const rpc = await startRpcService(t, { settings: ON });
  await rpc.install({ customer: "Secret Customer" });
  const { licenseRequest } = await rpc.call("getLicenseInfo");
  const url = `http://${rpc.service.metricsAddress}`;
  const response = await fetch(`${url}/metrics`);
  t.is(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  t.true(licenseRequest.length > 20);
  t.false(text.includes(licenseRequest.trim()));
  t.notRegex(text, /Secret|Bearer|lst_/);
  const head = await fetch(`${url}/metrics`, { method: "HEAD" });
  t.deepEqual([head.status, await head.text()], [200, ""]);
  t.true(Number(head.headers.get("content-length")) > 1000);
  for (const path of ["/", "/metrics/", "/metrics/..", "/health", "//metrics"]) {
    const other = await fetch(url + path);
    t.is(other.status, 404, path);
    t.true((await other.text()).length < 100);
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const { status, headers } = await fetch(`${url}/metrics`, { method });
    t.deepEqual([status, headers.get("allow")], [405, "GET, HEAD"], method);
  }
});

test("many slow scrapers cost no more than some connections, and calls go on", async (t) => {
  const rpc = await startRpcService(t, { settings: ON });
  const { port } = new URL(`http://${rpc.service.metricsAddress}`);
  const sockets = Array.from({ length: 40 }, () => connect(Number(port), "127.0.0.1"));
  t.teardown(() => sockets.forEach((socket) => void socket.destroy()));
  const closed = Promise.withResolvers<void>();
  let count = 0;
  for (const socket of sockets) {
    socket.on("error", () => undefined).on("close", () => ++count >= 24 && closed.resolve());
    socket.write("GET /metrics HTTP/1.1\r\n");
  }
  await closed.promise;
  t.is((await rpc.call("getLicenseCapabilities")).unchanged, false);
  for (const socket of sockets) socket.destroy();
  const scraped = async () => scrape(rpc.service.metricsAddress).catch(() => undefined);
  // The server learns of each end by itself.
  while ((await scraped()) === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
});

test("while the database is away metrics are served, and say so", async (t) => {
  const ready = Promise.withResolvers<Awaited<ReturnType<typeof openFaultyNetwork>>>();
  const route = async (databaseUrl: string) => {
    const network = await openFaultyNetwork(t, databaseUrl);
    ready.resolve(network);
    return network.url;
  };
  const rpc = await startRpcService(t, { settings: ON, pollMs: 100, route });
  const network = await ready.promise;
  await network.cut();
  const away = await until(t, rpc.service.metricsAddress, "license_database_up", 0);
  t.true((away.get("license_database_stale_seconds") ?? -1) >= 0);
  await network.repair();
  await until(t, rpc.service.metricsAddress, "license_database_up", 1);
});

test("by default metrics are served on loopback only; off means that nothing listens", async (t) => {
  const surroundings = { isDevelopment: false, hostName: "n", isTerminal: false, workingDirectory: "/" };
  t.like(SETTINGS.metricsListen.fallback(surroundings), { host: "127.0.0.1" });
  const rpc = await startRpcService(t, { settings: ON });
  t.regex(rpc.service.metricsAddress ?? "", /^127\.0\.0\.1:\d+$/);
  const off = await startRpcService(t);
  t.is(off.service.metricsAddress, undefined);
});

test("a service that stops closes its metrics, scrapers that wait included", async (t) => {
  const rpc = await startRpcService(t, { settings: ON });
  const { port } = new URL(`http://${rpc.service.metricsAddress}`);
  const waiting = connect(Number(port), "127.0.0.1");
  await once(waiting, "connect");
  const closed = once(waiting, "close");
  await rpc.service.stop();
  await closed;
  await t.throwsAsync(fetch(`http://${rpc.service.metricsAddress}/metrics`));
});

test("a port that is taken refuses the start with one line, and the ready line tells the address", async (t) => {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  const taken = createServer().listen(0, "127.0.0.1");
  t.teardown(() => void taken.close());
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  const env = {
    DATABASE_URL: database.url,
    LICENSE_DATA_DIR: data.path,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_PLAINTEXT: "on",
  };
  const refused = await startProcess(t, { ...env, LICENSE_METRICS_LISTEN: `127.0.0.1:${port}` }).end;
  t.is(refused.code, EXIT_CODES.listen);
  t.is(
    refused.stderr,
    `license-service: Cannot listen on 127.0.0.1:${port}: another program listens there; stop it, or set LICENSE_METRICS_LISTEN to another port.\n`,
  );
  t.false(refused.lines.some((line) => line.includes('"ready"')));
  const server = startProcess(t, { ...env, ...ON });
  await server.wrote('"msg":"ready"');
  server.child.kill("SIGTERM");
  const { lines, code } = await server.end;
  t.is(code, 0);
  t.regex(lines.find((line) => line.includes('"ready"')) ?? "", /"metrics":"127\.0\.0\.1:\d+"/);
});
