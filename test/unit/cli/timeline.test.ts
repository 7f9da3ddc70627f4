import {
  Capability,
  CapabilityReason,
  CapabilityState,
  GetLicenseCapabilitiesResponse,
  GetLicenseInfoResponse,
  License,
  LicenseStatus,
  LicenseType,
} from "@license-service/contract";
import test from "ava";
import { CliError } from "../../../src/cli/cli-error.ts";
import { readHorizon } from "../../../src/cli/commands/timeline.ts";
import { fillCells, licenseStretches } from "../../../src/cli/forecast/bars.ts";
import { comingChanges } from "../../../src/cli/forecast/coming-changes.ts";
import { askForecast, type Forecast } from "../../../src/cli/forecast/forecast.ts";
import type { Answers } from "../../../src/cli/offline/answers.ts";
import { chartSpaceOf } from "../../../src/cli/output/chart-space.ts";
import { createScreen } from "../../../src/cli/output/screen.ts";
import { writeBars } from "../../../src/cli/render/timeline-bars.ts";
import { writeComingChanges } from "../../../src/cli/render/timeline-table.ts";
import { capture, runCli } from "./_capture.ts";

const { ENABLED, DISABLED, VIEW_ONLY } = CapabilityState;

/** Far ahead, so that "now" lies before it. */
const ORIGIN = Date.UTC(2100, 0, 1);

function day(count: number): Date {
  return new Date(ORIGIN + count * 86_400_000);
}

function capability(key: string, state: CapabilityState, limit = 10n): Capability {
  return Capability.create({
    key,
    state,
    reason: state === ENABLED ? CapabilityReason.GRANTED : CapabilityReason.EXPIRED,
    meters: [{ key: `${key}/cpus`, unit: "cpus", limit, used: 4n, available: 0n, over: 4n > limit }],
  });
}

const GPU = License.create({
  id: "license-gpu",
  item: "gpu",
  licenseType: LicenseType.PAID,
  startTime: day(-10),
  expireTime: day(5),
});
const BASE = License.create({
  id: "license-base",
  item: "base",
  edition: "standard",
  licenseType: LicenseType.PAID,
});

/** What a service would answer: gpu ends on day 5, its quota is smaller from day 3 on, compute goes on. */
function answerAt(at: Date, revision = 1n): GetLicenseCapabilitiesResponse {
  const ends = [day(3), day(5)];
  const state = at >= day(5) ? DISABLED : ENABLED;
  return GetLicenseCapabilitiesResponse.create({
    revision: { storeId: "store", epoch: 1n, revision },
    evaluatedAt: at,
    nextChangeAt: ends.find((end) => end > at),
    profile: "zstack-cloud",
    capabilities: [
      capability("compute", ENABLED),
      capability("gpu", state, at >= day(3) ? 2n : 10n),
      capability("sriov", DISABLED),
    ],
  });
}

/** A service whose answers a test counts and changes. */
function serviceOf(revisions: () => bigint = () => 1n): Answers & { readonly asked: (Date | undefined)[] } {
  const asked: (Date | undefined)[] = [];
  return {
    asked,
    offline: undefined,
    async capabilities({ atTime }) {
      asked.push(atTime);
      return answerAt(atTime ?? day(0), revisions());
    },
    info: async () =>
      GetLicenseInfoResponse.create({
        revision: { storeId: "store", epoch: 1n, revision: revisions() },
        license: BASE,
        additions: [GPU],
      }),
    explain: () => Promise.reject(new Error("not asked")),
  };
}

test("a forecast asks for each next change, and for nothing beyond its end", async (t) => {
  const service = serviceOf();
  const forecast = await askForecast(service, day(30));
  t.deepEqual(service.asked, [undefined, day(3), day(5)]);
  t.false(forecast.isCut);
  t.deepEqual(
    forecast.licenses.map(({ item }) => item),
    ["base", "gpu"],
  );
  const near = serviceOf();
  await askForecast(near, day(4));
  t.deepEqual(near.asked, [undefined, day(3)]);
});

test("a forecast that has more changes than it may ask for says so", async (t) => {
  const forecast = await askForecast(serviceOf(), day(30), 1);
  t.true(forecast.isCut);
  t.is(forecast.steps.length, 2);
});

test("a forecast is of one revision: when the licenses change in the middle it begins anew", async (t) => {
  let calls = 0;
  const service = serviceOf(() => {
    calls += 1;
    return calls <= 3 ? 1n : 2n;
  });
  const forecast = await askForecast(service, day(30));
  t.is(forecast.revision?.revision, 2n);
  t.deepEqual(service.asked, [undefined, day(3), day(5), undefined, day(3), day(5)]);
});

test("licenses that never come to rest end the forecast with a reason", async (t) => {
  let revision = 0n;
  const service = serviceOf(() => {
    revision += 1n;
    return revision;
  });
  const error = await t.throwsAsync(askForecast(service, day(30)), { instanceOf: CliError });
  t.is(error?.parts.reason, "LICENSES_CHANGE");
  t.true(service.asked.length <= 10);
});

test("what is to come: ends of licenses, states and quotas, by instant", async (t) => {
  const changes = comingChanges(await askForecast(serviceOf(), day(30)));
  t.deepEqual(
    changes.map(({ at }) => at),
    [day(3), day(5)],
  );
  t.like(changes[0]?.quotas[0], {
    key: "gpu/cpus",
    limitBefore: 10n,
    limitAfter: 2n,
    overAfter: true,
    overBy: 2n,
  });
  t.deepEqual(changes[0]?.capabilities, []);
  t.like(changes[1]?.capabilities[0], { key: "gpu", stateBefore: ENABLED, stateAfter: DISABLED });
  t.deepEqual(
    changes[1]?.ends.map(({ id }) => id),
    ["license-gpu"],
  );
});

test("a license that ends and changes nothing is to come all the same", async (t) => {
  const forecast = await askForecast(serviceOf(), day(30));
  const spare = { ...GPU, id: "spare", expireTime: day(7) };
  const changes = comingChanges({ ...forecast, licenses: [...forecast.licenses, spare] });
  t.like(changes.at(-1), { at: day(7), capabilities: [], quotas: [] });
  t.is(changes.at(-1)?.ends[0]?.id, "spare");
});

test("the table tells each instant once", async (t) => {
  const { stream, text } = capture();
  const forecast = await askForecast(serviceOf(), day(30));
  writeComingChanges(createScreen(stream, false), comingChanges(forecast), day(0));
  t.is(
    text(),
    [
      "WHEN (UTC)            IN   WHAT        BEFORE           AFTER",
      "2100-01-04T00:00:00Z  3 d  gpu/cpus    10               2, OVER",
      "2100-01-06T00:00:00Z  5 d  gpu (paid)  runs             ends",
      "                           gpu         ENABLED GRANTED  DISABLED EXPIRED",
      "",
    ].join("\n"),
  );
});

const SPAN = { from: day(0), until: day(10) };

test("a bar's cells follow the time, and what is too short for a cell has one all the same", (t) => {
  const stretches = [
    { at: day(-5).getTime(), fill: ENABLED },
    { at: day(5).getTime(), fill: VIEW_ONLY },
    { at: day(8).getTime(), fill: DISABLED },
  ];
  const [e, v, d] = [ENABLED, VIEW_ONLY, DISABLED];
  t.deepEqual(fillCells(stretches, SPAN, 10), [e, e, e, e, e, v, v, v, d, d]);
  const short = [
    { at: day(0).getTime(), fill: ENABLED },
    { at: day(0).getTime() + 1, fill: DISABLED },
  ];
  t.deepEqual(fillCells(short, SPAN, 4), [e, d, d, d]);
  const atEnd = [
    { at: day(0).getTime(), fill: ENABLED },
    { at: day(10).getTime(), fill: DISABLED },
    { at: day(11).getTime(), fill: VIEW_ONLY },
  ];
  t.deepEqual(fillCells(atEnd, SPAN, 4), [e, e, e, e]);
});

test("a license's bar: running, to come, ended, without an end", (t) => {
  const cells = (parts: Partial<License>) =>
    fillCells(licenseStretches(License.create(parts), SPAN.from), SPAN, 5).map((fill) =>
      fill === ENABLED ? 1 : 0,
    );
  t.deepEqual(cells({ startTime: day(-3), expireTime: day(4) }), [1, 1, 0, 0, 0]);
  t.deepEqual(cells({ startTime: day(4), expireTime: day(8) }), [0, 0, 1, 1, 0]);
  t.deepEqual(cells({ startTime: day(-9), expireTime: day(-3) }), [0, 0, 0, 0, 0]);
  t.deepEqual(cells({ startTime: day(-9) }), [1, 1, 1, 1, 1]);
  t.deepEqual(cells({ startTime: day(20) }), [0, 0, 0, 0, 0]);
});

test("UK-BU-6: a license on a buffer is lost at the buffer's end, unless it ends before", async (t) => {
  const buffered = { ...GPU, id: "buffered", expireTime: day(20), bufferExpireTime: day(7) };
  const short = { ...GPU, id: "short", expireTime: day(6), bufferExpireTime: day(7) };
  const forecast = await askForecast(serviceOf(), day(30));
  const changes = comingChanges({ ...forecast, licenses: [buffered, short] });
  const idsAt = (at: Date) => changes.find((change) => change.at.getTime() === at.getTime());
  t.deepEqual(
    idsAt(day(7))?.losses.map(({ id }) => id),
    ["buffered"],
  );
  t.deepEqual(
    idsAt(day(6))?.ends.map(({ id }) => id),
    ["short"],
  );
  const { stream, text } = capture();
  writeComingChanges(createScreen(stream, false), changes.slice(-2, -1), day(0));
  t.regex(text(), /gpu \(paid\)\s+on a buffer\s+its USB key is lost/);
});

test("UK-BU-6: the bar of a license ends with its buffer, and that of a lost key is empty", (t) => {
  const cells = (parts: Partial<License>) =>
    fillCells(licenseStretches(License.create(parts), SPAN.from), SPAN, 5).map((fill) =>
      fill === ENABLED ? 1 : 0,
    );
  const parts = { startTime: day(-3), expireTime: day(8) };
  t.deepEqual(cells({ ...parts, bufferExpireTime: day(4) }), [1, 1, 0, 0, 0]);
  t.deepEqual(cells({ ...parts, bufferExpireTime: day(9) }), [1, 1, 1, 1, 0]);
  t.deepEqual(cells({ ...parts, status: LicenseStatus.USB_KEY_LOST }), [0, 0, 0, 0, 0]);
});

async function bars(width: number, hasUnicode: boolean, parts: Partial<Forecast> = {}): Promise<string[]> {
  const { stream, text } = capture();
  const forecast = await askForecast(serviceOf(), day(10));
  writeBars(createScreen(stream, false), { ...forecast, from: day(0), ...parts }, { width, hasUnicode });
  return text().trimEnd().split("\n");
}

test("the chart has a bar for each license and each capability that is not disabled throughout", async (t) => {
  t.deepEqual(await bars(70, false), [
    "                      2100-01-01       2100-01-11",
    "Licenses",
    "base standard (paid)  ###########################  no end",
    "gpu (paid)            #############..............  ends 2100-01-06",
    "Capabilities",
    "compute               ###########################  no change",
    "gpu                   #############..............  disabled 2100-01-06",
    "1 more: disabled throughout.",
    "",
    ". disabled   - view only   + restricted   # enabled",
  ]);
});

test("no line is wider than the terminal, from 40 columns on, with and without UTF-8", async (t) => {
  const long = { ...GPU, item: "a-very-long-item-name-that-no-terminal-has-room-for" };
  for (const hasUnicode of [true, false]) {
    for (const width of [40, 59, 60, 61, 80, 132, 400]) {
      for (const line of await bars(width, hasUnicode, { licenses: [BASE, long] })) {
        t.true([...line].length <= width, `${width}: ${line}`);
      }
    }
  }
});

test("blocks are shown by UTF-8 alone, and never a byte beyond ASCII without it", async (t) => {
  t.regex((await bars(80, true)).join("\n"), /█/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII is meant.
  t.regex((await bars(40, false, { licenses: [BASE, GPU] })).join("\n"), /^[\x00-\x7f]*$/);
});

test("threat 27: names from a license move no cursor", async (t) => {
  const evil = { ...GPU, item: "gpu\u001b[2J\u202e" };
  const lines = await bars(80, true, { licenses: [evil] });
  t.false(lines.some((line) => line.includes("\u001b") || line.includes("\u202e")));
});

test("the width is the terminal's, else COLUMNS, else 80, within bounds; blocks come with the locale", (t) => {
  const space = (columns: number | undefined, env: Record<string, string>) =>
    chartSpaceOf({ stdout: Object.assign(capture().stream, { columns }), env });
  t.is(space(100, { COLUMNS: "50" }).width, 100);
  t.is(space(undefined, { COLUMNS: "50" }).width, 50);
  for (const COLUMNS of ["", "wide", "-5", "0", "1e9"]) {
    t.true([80, 400].includes(space(undefined, { COLUMNS }).width), COLUMNS);
  }
  t.is(space(10, {}).width, 40);
  t.true(space(80, { LANG: "en_US.UTF-8" }).hasUnicode);
  t.true(space(80, { LANG: "C", LC_ALL: "C.utf8" }).hasUnicode);
  t.false(space(80, { LANG: "en_US.UTF-8", LC_ALL: "C" }).hasUnicode);
  t.false(space(80, {}).hasUnicode);
});

test("the horizon is a year, days or an instant, and lies ahead", (t) => {
  const now = day(0);
  t.deepEqual(readHorizon({}, now), day(365));
  t.deepEqual(readHorizon({ days: "30" }, now), day(30));
  t.deepEqual(readHorizon({ until: "+2d" }, now), day(2));
  t.deepEqual(readHorizon({ until: "2100-02-01" }, now), day(31));
  for (const options of [
    { days: "0" },
    { days: "36501" },
    { days: "1.5" },
    { until: "2099-12-31" },
    { until: "soon" },
    { until: "+2d", days: "2" },
  ]) {
    t.is(t.throws(() => readHorizon(options, now), { instanceOf: CliError })?.kind, "usage");
  }
});

test("both commands have help with examples", async (t) => {
  for (const name of ["timeline", "history"]) {
    const { code, stdout } = await runCli([name, "--help"]);
    t.is(code, 0);
    t.regex(stdout, new RegExp(`Examples:\\n {2}licensectl ${name}`));
  }
});
