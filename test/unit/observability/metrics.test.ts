/** Every metric of a node, over a hub whose store and time the test moves. */
import { readFile } from "node:fs/promises";
import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { NO_USB_STATE, newKeyState } from "../../../src/domain/usb/usb-state.ts";
import { CallCounts } from "../../../src/observability/call-counts.ts";
import { createMetrics, type MetricSources } from "../../../src/observability/metrics.ts";
import { rpcLabels } from "../../../src/observability/rpc-labels.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { readMetrics } from "../../helpers/scrape.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { makeUsbKey, storeUsbState } from "../../helpers/usb-keys.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";
import { deviceOf, NODE_1, NODE_2, overviewOf, sightOf } from "../usb/platform/_ports.ts";

const START = ISSUED_AT;
const SECONDS = START / 1000;
const DAY = DAY_MS / 1000;

async function create(t: Teardown, more: Partial<MetricSources> = {}) {
  const platform = await createTestPlatform(START);
  const hub = await platform.startHub();
  t.teardown(() => hub.close());
  const readText = createMetrics({
    hub,
    clock: platform.time.clock,
    liveAlerts: [],
    pool: () => ({ used: 3, free: 2, waiting: 1 }),
    certificateEndsAt: () => undefined,
    calls: new CallCounts(rpcLabels([])),
    version: "1.2.3",
    profile: "zstack-cloud",
    usb: { overview: () => overviewOf([]) },
    ...more,
  });
  const text = async () => (await readText()).text;
  return { ...platform, platform, hub, readText, text, read: async () => readMetrics(await text()) };
}

test("a fresh platform shows its version, revision and database, and no license", async (t) => {
  const { read } = await create(t);
  const series = await read();
  t.is(series.get('license_build_info{version="1.2.3",profile="zstack-cloud"}'), 1);
  t.is(series.get("license_snapshot_epoch"), 1);
  t.is(series.get("license_snapshot_revision"), 0);
  t.is(series.get("license_database_up"), 1);
  t.is(series.get("license_database_stale_seconds"), 0);
  t.is(series.get('license_database_pool_connections{state="used"}'), 3);
  t.is(series.get("license_database_pool_waiting"), 1);
  t.is(series.get('license_licenses{status="VALID"}'), 0);
  t.false([...series.keys()].some((name) => name.startsWith("license_days_left")));
  t.false(series.has("license_server_certificate_end_seconds"));
  t.true((series.get("process_resident_memory_bytes") ?? 0) > 0);
});

test("licenses show their days, their worth and what they give, and count down with the clock", async (t) => {
  const { install, hub, read, time } = await create(t);
  await install({ exp: SECONDS + 10 * DAY, quotas: { cpus: 64 } });
  await install({
    jti: "module",
    item: "cdp",
    edition: undefined,
    exp: SECONDS + 30 * DAY,
    quotas: {},
  } as never);
  await hub.refresh();
  const [base, module] = hub.evaluation().licenses.map(({ license }) => license.id);
  const series = await read();
  t.is(series.get(`license_days_left{license_id="${base}",item="base"}`), 10);
  t.is(series.get(`license_days_left{license_id="${module}",item="cdp"}`), 30);
  t.is(series.get('license_item_days_left{item="base"}'), 10);
  t.is(series.get('license_licenses{status="VALID"}'), 2);
  t.is(series.get('license_quota_limit{meter="base/cpus"}'), 64);
  t.is(series.get('license_quota_used{meter="base/cpus"}'), 0);
  t.false(series.has('license_quota_limit{meter="base/vms"}'), "not limited");
  const capabilities = ["DISABLED", "VIEW_ONLY", "RESTRICTED", "ENABLED"].map((state) =>
    series.get(`license_capabilities{state="${state}"}`),
  );
  t.is(
    capabilities.reduce((sum = 0, count = 0) => sum + count),
    hub.evaluation().capabilities.length,
  );
  time.jump(12 * DAY_MS);
  const later = await read();
  t.is(later.get(`license_days_left{license_id="${base}",item="base"}`), -2);
  t.is(later.get('license_licenses{status="EXPIRED"}'), 1);
  t.is(later.get("license_snapshot_age_seconds"), 12 * DAY);
});

test("a renewal that is installed already counts for the item, not for the license before it", async (t) => {
  const { install, hub, read } = await create(t);
  await install({ exp: SECONDS + 10 * DAY });
  await install({ jti: "renewal", nbf: SECONDS + 10 * DAY, exp: SECONDS + 375 * DAY });
  await hub.refresh();
  const series = await read();
  const [first] = hub.evaluation().licenses;
  t.is(series.get(`license_days_left{license_id="${first?.license.id}",item="base"}`), 10);
  t.is(series.get('license_item_days_left{item="base"}'), 375);
  t.is(series.get('license_licenses{status="PENDING"}'), 1);
});

test("alerts of licenses show by kind and subject, 0 while they do not stand or are put off", async (t) => {
  const { install, hub, read, store } = await create(t);
  await install({ edition: "standard", exp: SECONDS + 10 * DAY });
  await hub.refresh();
  const series = await read();
  t.is(series.get('license_alert{kind="LICENSE_TO_EXPIRE",subject="base"}'), 1);
  t.is(series.get('license_alert{kind="LICENSE_EXPIRED",subject="base"}'), 0);
  t.is(series.get('license_alert{kind="MODULE_EXPIRED",subject="gpu"}'), 0);
  t.is(series.get('license_alerts{kind="LICENSE_TO_EXPIRE",severity="WARNING"}'), 1);
  const putOff = { kind: "LICENSE_TO_EXPIRE", subject: "base", putOffAt: START };
  store.state = { ...store.state, putOffs: [putOff] };
  await hub.refresh();
  const silent = await read();
  t.is(silent.get('license_alert{kind="LICENSE_TO_EXPIRE",subject="base"}'), 0);
  t.false(silent.has('license_alerts{kind="LICENSE_TO_EXPIRE",severity="WARNING"}'));
});

test("a meter over its quota shows, with what is used and allowed", async (t) => {
  const { install, hub, read, store } = await create(t);
  await install({ edition: "standard", quotas: { cpus: 8 } });
  store.state = { ...store.state, usage: { revision: 1n, totals: new Map([["base/cpus", 9n]]) } };
  await hub.refresh();
  const series = await read();
  t.is(series.get('license_quota_used{meter="base/cpus"}'), 9);
  t.is(series.get('license_quota_limit{meter="base/cpus"}'), 8);
  t.is(series.get('license_quota_over{meter="base/cpus"}'), 1);
  t.is(series.get('license_quota_over{meter="backup/vms"}'), 0);
  t.is(series.get('license_alert{kind="INSUFFICIENT_QUOTA",subject="base/cpus"}'), 1);
});

test("a database that is away shows, with the seconds since then, until it is back", async (t) => {
  const { store, hub, read, time } = await create(t);
  store.failure = new Error("away");
  await t.throwsAsync(hub.refresh());
  time.jump(90_000);
  const away = await read();
  t.is(away.get("license_database_up"), 0);
  t.is(away.get("license_database_stale_seconds"), 90);
  store.failure = undefined;
  await hub.refresh();
  t.is((await read()).get("license_database_up"), 1);
});

test("threat 26: no metric names a customer, a license number or a request code", async (t) => {
  const { install, hub, text } = await create(t);
  await install({ customer: "Secret Customer", jti: "NUMBER-4711", contract_number: "C-0815" });
  await hub.refresh();
  const [installed] = hub.evaluation().licenses;
  t.is(installed?.license.customer, "Secret Customer");
  t.notRegex(await text(), /Secret|4711|0815/);
});

test("standing alerts are counted, those of the moment too, and so is the end of the certificate", async (t) => {
  const alert = {
    kind: "CLOCK_DIFFERS",
    severity: "WARNING",
    message: "m",
    remedy: "r",
    subject: "node-2",
  } as const;
  const { read, store, hub, install } = await create(t, {
    liveAlerts: [() => [alert], () => [{ ...alert, subject: "node-3" }]],
    certificateEndsAt: () => START,
  });
  await install({});
  const [row] = store.state.licenses;
  if (row === undefined) throw new Error("nothing is stored");
  store.state = { ...store.state, licenses: [{ ...row, uploadSequence: 7 }] };
  await hub.refresh();
  const series = await read();
  t.is(series.get('license_alerts{kind="CLOCK_DIFFERS",severity="WARNING"}'), 2);
  t.is(series.get('license_alerts{kind="TAMPERED_ROW",severity="CRITICAL"}'), 1);
  t.is(series.get('license_licenses{status="UNVERIFIED"}'), 1);
  t.is(series.get("license_server_certificate_end_seconds"), SECONDS);
});

const USB_STATUS_SERIES = ["NONE", "MISSING", "READY", "ABNORMAL", "FAULT"].map(
  (status) => `license_usb_status{status="${status}"}`,
);

test("UK-ST-1, UK-ST-2: of the USB statuses one is 1, NONE until a key gave rights", async (t) => {
  const { platform, hub, read } = await create(t);
  const shown = async () => {
    const series = await read();
    return USB_STATUS_SERIES.map((name) => series.get(name));
  };
  t.deepEqual(await shown(), [1, 0, 0, 0, 0]);
  await storeUsbState(platform, { ...NO_USB_STATE, status: "READY" });
  await hub.refresh();
  t.deepEqual(await shown(), [0, 0, 1, 0, 0]);
});

test("USB keys of this node are counted by what they are worth, and none is named (threat 26)", async (t) => {
  const devices = [
    deviceOf("SECRET-1", { isProven: false, problem: "BUSY" }),
    deviceOf("SECRET-2", { hasLicense: false }),
    deviceOf("SECRET-3"),
    deviceOf("SECRET-4"),
  ];
  const usb = {
    overview: () => overviewOf([sightOf(NODE_1, devices), sightOf(NODE_2, [deviceOf("SECRET-5")])]),
  };
  const { read, text } = await create(t, { usb });
  const series = await read();
  const count = (status: string) => series.get(`license_usb_keys{status="${status}"}`);
  t.deepEqual(["GIVING", "BESIDE_OTHERS", "JUST_GONE", "NOT_COUNTING"].map(count), [0, 2, 0, 2]);
  t.notRegex(await text(), /SECRET|Emulated/);
});

test("UK-BU-2: the buffer of a USB key that ends first counts down, and is gone at its end", async (t) => {
  const { platform, hub, read, time } = await create(t);
  const buffered = (keyId: string, days: number) => ({
    ...newKeyState(makeUsbKey(keyId)),
    removedAt: START,
    bufferEndsAt: START + days * DAY_MS,
    isBufferVoid: false,
  });
  t.false((await read()).has("license_usb_buffer_seconds_left"));
  await storeUsbState(platform, {
    ...NO_USB_STATE,
    status: "MISSING",
    keys: [buffered("K1", 30), buffered("K2", 10)],
  });
  await hub.refresh();
  t.is((await read()).get("license_usb_buffer_seconds_left"), 10 * DAY);
  time.jump(10 * DAY_MS);
  t.is((await read()).get("license_usb_buffer_seconds_left"), 20 * DAY);
  time.jump(20 * DAY_MS);
  t.false((await read()).has("license_usb_buffer_seconds_left"));
});

test("UK-NO-1: the age of the last look at the ports is there while they are read", async (t) => {
  const { own } = overviewOf([]);
  const readWith = async (ports: typeof own) =>
    (await create(t, { usb: { overview: () => overviewOf([], { own: ports }) } })).read();
  t.is((await readWith({ ...own, scanAgeMs: 4_500 })).get("license_usb_scan_age_seconds"), 4.5);
  t.false((await readWith({ ...own, scanAgeMs: undefined })).has("license_usb_scan_age_seconds"));
  const unavailable = { reason: "NO_USB_SUPPORT", message: "none" } as const;
  t.false((await readWith({ ...own, unavailable })).has("license_usb_scan_age_seconds"));
});

test("docs/metrics.md tells of every metric that is served, and of no other", async (t) => {
  const { text } = await create(t);
  const served = Array.from((await text()).matchAll(/^# TYPE (license_\w+)/gm), ([, name]) => name);
  const docs = await readFile(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const rows = Array.from(docs.matchAll(/^\| `(license_\w+)` \|/gm), ([, name]) => name);
  t.deepEqual(rows.toSorted(), served.toSorted());
  const named = Array.from(docs.matchAll(/\blicense_[a-z_]+/g), ([name]) => name);
  t.deepEqual(
    named.filter((name) => name !== "license_id" && !served.includes(name)),
    [],
    "rules ask for what is there",
  );
});

test("scrapers who ask at once share one reading", async (t) => {
  let readings = 0;
  const { readText } = await create(t, {
    certificateEndsAt: () => {
      readings += 1;
      return undefined;
    },
  });
  const texts = await Promise.all([readText(), readText(), readText()]);
  t.is(readings, 1);
  t.is(texts[2], texts[0]);
  await readText();
  t.is(readings, 2);
});
