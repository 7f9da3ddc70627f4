import test from "ava";
import type { Merge } from "../../../src/domain/profile.ts";
import { isHeard } from "../../../src/domain/standing.ts";
import { groupByItem, ItemTimeline } from "../../../src/domain/timeline.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, installedFrom, type LicenseSketch } from "../../helpers/installed-licenses.ts";

const PROFILE = loadProfile("zstack-cloud");

const gpu = (name: string, start: number, end?: number): LicenseSketch => ({
  name,
  item: "gpu",
  term: "paid",
  start,
  ...(end === undefined ? {} : { end }),
});

function timelineOf(sketches: readonly LicenseSketch[], merge: Merge = "replacement"): ItemTimeline {
  return new ItemTimeline(merge, "gpu", installedFrom(PROFILE, sketches));
}

function standing(sketches: readonly LicenseSketch[], day: number, merge?: Merge) {
  const { situation, license, counting } = timelineOf(sketches, merge).standingAt(dayOf(day));
  return { situation, license: license?.id, counting: counting.map(({ id }) => id) };
}

test("LI-3: of all that run the highest upload sequence decides, however long the others last", (t) => {
  t.deepEqual(standing([gpu("long", 0), gpu("short", 5, 20)], 10), {
    situation: "RUNNING",
    license: "short",
    counting: ["short"],
  });
});

test("LI-3: a pending license displaces nothing before its start, and an ended one gives way again", (t) => {
  const sketches = [gpu("first", 0), gpu("second", 10, 20)];
  t.is(standing(sketches, 9.999).license, "first");
  t.is(standing(sketches, 10).license, "second");
  t.is(standing(sketches, 20).license, "first");
});

test("US-TE-4: where licenses add up all that run count, and the latest is shown", (t) => {
  t.deepEqual(standing([gpu("a", 0), gpu("b", 0, 10), gpu("c", 20), gpu("d", 0, 30)], 10, "sum"), {
    situation: "RUNNING",
    license: "d",
    counting: ["a", "d"],
  });
});

test("LI-4: of ended ones that which ended last is shown, of equal ones the highest sequence", (t) => {
  t.like(standing([gpu("late", 0, 20), gpu("early", 0, 10)], 30), { situation: "EXPIRED", license: "late" });
  t.like(standing([gpu("one", 0, 20), gpu("two", 5, 20)], 30), { situation: "EXPIRED", license: "two" });
});

test("LI-4: an ended license comes before one to come", (t) => {
  t.like(standing([gpu("ended", 0, 10), gpu("to come", 20)], 15), { situation: "EXPIRED", license: "ended" });
});

test("LI-4: of those to come the first to start is shown, of equal ones the highest sequence", (t) => {
  t.like(standing([gpu("soon", 10), gpu("later", 20)], 0), { situation: "PENDING", license: "soon" });
  t.like(standing([gpu("one", 10), gpu("two", 10)], 0), { situation: "PENDING", license: "two" });
});

test("LI-4: nothing installed is not licensed", (t) => {
  t.deepEqual(standing([], 0), { situation: "NOT_LICENSED", license: undefined, counting: [] });
});

test("a license that has started is heard, be it over or not; one to come is not", (t) => {
  const heard = (day: number) => isHeard(timelineOf([gpu("g", 10, 20)]).standingAt(dayOf(day)));
  t.deepEqual([5, 10, 25].map(heard), [false, true, true]);
});

test("EV-3: licenses are grouped in the order of their upload, whatever the order of the input", (t) => {
  const licenses = installedFrom(PROFILE, [gpu("a", 0), gpu("b", 0), { ...gpu("c", 0), item: "cdp" }]);
  const grouped = groupByItem(licenses.toReversed());
  t.deepEqual(
    grouped.get("gpu")?.map(({ id }) => id),
    ["a", "b"],
  );
  t.deepEqual(
    grouped.get("cdp")?.map(({ id }) => id),
    ["c"],
  );
});

test("EV-2: a standing is one object as long as nothing about the item may change", (t) => {
  const timeline = timelineOf([gpu("g", 10, 20)]);
  t.deepEqual(timeline.boundaries, [dayOf(10), dayOf(20)]);
  t.is(timeline.standingAt(dayOf(10)), timeline.standingAt(dayOf(20) - 1));
  t.not(timeline.standingAt(dayOf(20)), timeline.standingAt(dayOf(20) - 1));
});
