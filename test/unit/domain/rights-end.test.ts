import test from "ava";
import type { License } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { endsByItem } from "../../../src/domain/rights-end.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { day, installed, type LicenseText, makeLicense, ORIGIN } from "./_licenses.ts";

const CLOUD = loadProfile("zstack-cloud");
const ZSPHERE = loadProfile("zstack-zsphere");

/** Days from day 0 to the end of each item's rights. */
function daysOf(profile: Profile, ...licenses: readonly LicenseText[]) {
  const platform = {
    licenses: installed(...licenses.map((text): License => makeLicense(profile, text))),
    facts: { firstStartAt: day(-10), productVersion: undefined, reacquiredAt: [] },
    usage: new Map(),
  };
  const ends = endsByItem(profile, platform, ORIGIN);
  return Object.fromEntries(Array.from(ends, ([item, end]) => [item, (end - ORIGIN) / (day(1) - day(0))]));
}

/** A window, in days from day 0. */
function window(startsIn: number, endsIn: number | undefined) {
  return { startsAt: day(startsIn), endsAt: endsIn === undefined ? undefined : day(endsIn) };
}

const base = (...days: Parameters<typeof window>): LicenseText => ({
  item: "base",
  edition: "standard",
  term: "paid",
  quotas: { cpus: 1 },
  ...window(...days),
});
const gpu = (...days: Parameters<typeof window>): LicenseText => ({
  item: "gpu",
  term: "paid",
  ...window(...days),
});

test("EV-9: rights last as long as one license after the other runs, in whatever order they come", (t) => {
  t.deepEqual(daysOf(CLOUD, base(-10, 5), gpu(-10, 7)), { base: 5, gpu: 7 });
  t.deepEqual(daysOf(CLOUD, gpu(30, 60), gpu(-10, 5), gpu(5, 30)), { gpu: 60 });
  t.deepEqual(daysOf(CLOUD, base(30, 60), base(-10, 5), base(5, 30)), { base: 60 });
  t.deepEqual(daysOf(CLOUD, gpu(-10, 90), gpu(-10, 5)), { gpu: 90 }, "a shorter one takes nothing away");
});

test("EV-9: a gap ends the rights, though a license is to come after it", (t) => {
  t.deepEqual(daysOf(CLOUD, base(-10, 5), base(6, 60), gpu(-10, 5), gpu(6, 60)), { base: 5, gpu: 5 });
});

test("EV-9: rights end where an edition that gives less takes over", (t) => {
  const enterprise = { ...base(-10, 5), edition: "enterprise" };
  t.deepEqual(daysOf(CLOUD, base(-10, 90), enterprise), { base: 5 });
});

test("once no license runs, the last end counts, as days that have passed", (t) => {
  t.deepEqual(daysOf(CLOUD, base(-90, -30), base(-90, -3), gpu(-90, -4)), { base: -3, gpu: -4 });
  t.deepEqual(
    daysOf(CLOUD, gpu(-90, -3), gpu(7, 60)),
    { gpu: -3 },
    "one that is pending gives no rights yet",
  );
  t.deepEqual(daysOf(CLOUD, base(-90, 0)), { base: 0 }, "a license has ended at its end");
});

test("there are no days to tell of rights without an end, or of a license that is only to come", (t) => {
  t.deepEqual(daysOf(CLOUD, base(-10, 5), base(5, undefined)), {});
  t.deepEqual(daysOf(CLOUD, gpu(7, 60)), {});
  t.deepEqual(daysOf(CLOUD), {}, "a free edition has no end");
});

test("a trial from the first start counts down as the base does", (t) => {
  t.deepEqual(daysOf(ZSPHERE), { base: 20 });
  const paid = { item: "base", edition: "basic", term: "paid", quotas: { cpus: 1 } } as const;
  t.deepEqual(daysOf(ZSPHERE, { ...paid, ...window(20, 50) }), { base: 50 });
});
