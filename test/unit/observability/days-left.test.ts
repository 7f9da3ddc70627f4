import test from "ava";
import { DAY_MS, type InstalledLicense, type Instant } from "../../../src/domain/license.ts";
import { endOfRights } from "../../../src/observability/days-left.ts";

const NOW = Date.UTC(2026, 0, 1);

/** A license by its window, in days from now. */
function license(startsIn: number, endsIn: number | undefined): InstalledLicense {
  const endsAt = endsIn === undefined ? undefined : NOW + endsIn * DAY_MS;
  return { startsAt: NOW + startsIn * DAY_MS, endsAt } as InstalledLicense;
}

function daysOf(...licenses: readonly InstalledLicense[]): number | undefined {
  const end: Instant | undefined = endOfRights(licenses, NOW);
  return end === undefined ? undefined : (end - NOW) / DAY_MS;
}

test("rights last as long as one license after the other runs, in whatever order they come", (t) => {
  t.is(daysOf(license(-10, 5)), 5);
  t.is(daysOf(license(30, 60), license(-10, 5), license(5, 30)), 60);
  t.is(daysOf(license(-10, 90), license(-10, 5)), 90, "a shorter one takes nothing away");
});

test("a gap ends the rights, though a license is to come after it", (t) => {
  t.is(daysOf(license(-10, 5), license(6, 60)), 5);
});

test("once no license runs, the last end counts, as days that have passed", (t) => {
  t.is(daysOf(license(-90, -30), license(-90, -3)), -3);
  t.is(daysOf(license(-90, -3), license(7, 60)), -3, "one that is pending does not give rights yet");
  t.is(daysOf(license(-90, 0)), 0, "a license has ended at its end");
});

test("there are no days to tell of a license without an end, or of one that is only to come", (t) => {
  t.is(daysOf(license(-10, 5), license(5, undefined)), undefined);
  t.is(daysOf(license(7, 60)), undefined);
  t.is(daysOf(), undefined);
});
