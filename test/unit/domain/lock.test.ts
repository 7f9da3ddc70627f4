import test from "ava";
import { lockAt, lockBoundaries, lockedItemsAt, locksOf, nextLockAfter } from "../../../src/domain/lock.ts";
import { groupByItem } from "../../../src/domain/timeline.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, installedFrom, type LicenseSketch } from "../../helpers/installed-licenses.ts";

const PROFILE = loadProfile("unicloud-usphere");

const temporary = (name: string, start: number, end: number, item = "isc"): LicenseSketch => ({
  name,
  item,
  term: "temporary",
  start,
  end,
});
const formal = (name: string, start: number, end?: number): LicenseSketch => ({
  name,
  item: "isc",
  term: "formal",
  start,
  ...(end === undefined ? {} : { end }),
});

function locks(sketches: readonly LicenseSketch[], reacquired: readonly number[] = [], profile = PROFILE) {
  return locksOf(profile, groupByItem(installedFrom(profile, sketches)), reacquired.map(dayOf));
}

const lockedBy = (sketches: readonly LicenseSketch[]) => locks(sketches).map(({ ended }) => ended.id);

test("US-TE-4: a temporary license that ends beside a formal one locks the platform at its end", (t) => {
  const found = locks([temporary("t", 0, 10), formal("f", 5)]);
  t.like(found, { length: 1, 0: { since: dayOf(10), until: undefined, item: "isc" } });
  t.is(lockAt(found, dayOf(10) - 1), undefined);
  t.is(lockAt(found, dayOf(10))?.ended.id, "t");
});

test("US-TE-5: of several temporary ones each locks at its end while others run on; the last does not", (t) => {
  t.deepEqual(lockedBy([temporary("a", 0, 10), temporary("b", 0, 20), temporary("c", 0, 30)]), ["a", "b"]);
});

test("US-TE-5: a license that starts at the end, or later, makes no lock", (t) => {
  t.deepEqual(lockedBy([temporary("t", 0, 10), formal("f", 10)]), []);
  t.deepEqual(lockedBy([temporary("t", 0, 10), formal("f", 11)]), []);
});

test("US-TE-5: where all end together, or nothing else runs, it has ended and nothing is locked", (t) => {
  t.deepEqual(lockedBy([temporary("a", 0, 10), temporary("b", 0, 10)]), []);
  t.deepEqual(lockedBy([temporary("a", 0, 10), formal("f", 0, 9)]), []);
  t.deepEqual(lockedBy([temporary("a", 0, 10), temporary("of another item", 0, 20, "srm")]), []);
});

test("US-TE-4: a formal license that ends locks nothing", (t) => {
  t.deepEqual(lockedBy([formal("f", 0, 10), temporary("t", 0, 20)]), []);
});

test("US-TE-4: an upgrade gives no quantity, so it makes no lock", (t) => {
  const base = { item: "base", edition: "standard", term: "temporary", start: 0, end: 10 } as const;
  const upgrade = {
    item: "base",
    edition: "enterprise",
    from: "standard",
    term: "formal",
    start: 0,
  } as const;
  t.deepEqual(
    lockedBy([
      { name: "t", ...base },
      { name: "u", ...upgrade },
    ]),
    [],
  );
});

test("US-TE-6: re-acquiring at the end or after it lifts the lock, before it does nothing", (t) => {
  const sketches = [temporary("t", 0, 10), formal("f", 0)];
  t.is(locks(sketches, [9.5])[0]?.until, undefined);
  t.is(locks(sketches, [12, 10, 11])[0]?.until, dayOf(10));
  const lifted = locks(sketches, [12]);
  t.truthy(lockAt(lifted, dayOf(12) - 1));
  t.is(lockAt(lifted, dayOf(12)), undefined);
  t.deepEqual(lockBoundaries(lifted), [dayOf(10), dayOf(12)]);
});

test("US-TE-6: a profile can turn the lock off", (t) => {
  const sketches = [temporary("t", 0, 10), formal("f", 0)];
  t.deepEqual(locks(sketches, [], { ...PROFILE, locks: false }), []);
});

test("US-TE-5: of several locks the first stands, all items are told, and the next is the next to come", (t) => {
  const found = locks([
    temporary("a", 0, 10),
    formal("f", 0),
    temporary("b", 0, 20, "srm"),
    temporary("c", 0, 30, "srm"),
  ]);
  t.is(nextLockAfter(found, dayOf(0))?.ended.id, "a");
  t.is(nextLockAfter(found, dayOf(10))?.ended.id, "b");
  t.is(nextLockAfter(found, dayOf(20)), undefined);
  t.is(lockAt(found, dayOf(25))?.ended.id, "a");
  t.deepEqual(lockedItemsAt(found, dayOf(25)), ["isc", "srm"]);
});
