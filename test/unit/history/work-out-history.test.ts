import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { type HistoryView, type SeenState, workOutHistory } from "../../../src/history/work-out-history.ts";
import { evaluateState } from "../../../src/snapshot/snapshot.ts";
import type { HistoryMark } from "../../../src/store/history-types.ts";
import {
  day,
  idOf,
  inShort,
  keyName,
  type LicenseText,
  markAt,
  PROGRAM,
  type StateText,
  state,
} from "./_states.ts";

const BASE: LicenseText = { sequence: 1, item: "base", edition: "standard", until: 300, cpus: 64n };
const GPU: LicenseText = { sequence: 2, item: "gpu", until: 20 };

function seenAt(days: number, text: StateText): SeenState {
  return { state: state(text), since: day(days) };
}

function workOut(
  mark: HistoryMark,
  seen: readonly SeenState[],
  days: number,
  parts: Partial<HistoryView> = {},
) {
  const work = workOutHistory(mark, {
    seen,
    now: day(days),
    programVersion: PROGRAM,
    committedAt: undefined,
    ...parts,
  });
  return { ...work, short: work.changes.map(inShort) };
}

test("a license that ended while no node ran is told with its own instant, its cause and its license", (t) => {
  const seen = seenAt(0, { licenses: [BASE, GPU] });
  const restarted = { ...seen, since: day(50) };
  const { short, changes, to } = workOut(markAt(seen), [restarted], 50);
  t.deepEqual(short, ["gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 20"]);
  t.deepEqual(changes[0]?.licenseIds, [idOf(2)]);
  t.regex(changes[0]?.explanation ?? "", /gpu.* ended at 2026-01-21T00:00:00.000Z/);
  t.is(to.evaluatedAt, day(50));
  t.is(to.outcomes.get("gpu")?.reason, "EXPIRED");
});

test("changes by time that undo each other between two looks are both told", (t) => {
  const later: LicenseText = { sequence: 3, item: "gpu", from: 30, until: 40 };
  const seen = seenAt(0, { licenses: [BASE, GPU, later] });
  const { short } = workOut(markAt(seen), [seen], 35);
  t.deepEqual(short, [
    "gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 20",
    "gpu DISABLED EXPIRED -> ENABLED GRANTED, TIME, day 30",
  ]);
});

test("a change at the very instant of the look is told, one a millisecond later is not", (t) => {
  const seen = seenAt(0, { licenses: [BASE, GPU] });
  t.is(workOut(markAt(seen), [seen], 20).changes.length, 1);
  t.is(workOut(markAt(seen), [seen], 20, { now: day(20) - 1 }).changes.length, 0);
});

test("nothing is told twice: from the point that was written nothing follows", (t) => {
  const seen = seenAt(0, { licenses: [BASE, GPU] });
  const first = workOut(markAt(seen), [seen], 50);
  const mark = markAt(seen, first.to);
  t.deepEqual(workOut(mark, [seen], 50).changes, []);
  t.deepEqual(workOut(mark, [seen], 60).changes, []);
});

test("an upload is effective from its own instant, and what ended before it ended before it", (t) => {
  const before = seenAt(0, { licenses: [BASE, GPU] });
  const renewed: LicenseText = { sequence: 3, item: "gpu", from: 25, until: 90 };
  const after = seenAt(26, { licenses: [BASE, GPU, renewed], revision: 2n });
  const { short, changes } = workOut(markAt(before), [before, after], 26);
  t.deepEqual(short, [
    "gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 20",
    "gpu DISABLED EXPIRED -> ENABLED GRANTED, UPLOAD, day 25",
  ]);
  t.deepEqual(
    changes.map(({ revision }) => revision),
    [1n, 2n],
  );
});

test("a process that did not see the state before still tells what its licenses did by time", (t) => {
  const before = seenAt(0, { licenses: [BASE, GPU] });
  const cdp: LicenseText = { sequence: 3, item: "cdp", from: 25 };
  const after = seenAt(26, { licenses: [BASE, GPU, cdp], revision: 2n });
  const { short } = workOut(markAt(before), [after], 26);
  t.deepEqual(short, [
    "gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 20",
    "cdp DISABLED NOT_LICENSED -> ENABLED GRANTED, UPLOAD, day 25",
  ]);
});

test("a deletion is effective when it was seen, or when it was committed if no process saw it", (t) => {
  const before = seenAt(0, { licenses: [BASE, GPU] });
  const after = seenAt(10, { licenses: [BASE], revision: 2n });
  const expected = (at: number) => [`gpu ENABLED GRANTED -> DISABLED NOT_LICENSED, DELETION, day ${at}`];
  t.deepEqual(workOut(markAt(before), [before, after], 10, { committedAt: day(9) }).short, expected(10));
  t.deepEqual(workOut(markAt(before), [after], 10, { committedAt: day(9) }).short, expected(9));
  t.deepEqual(workOut(markAt(before), [after], 10).short, expected(10));
});

test("usage that goes over a quota and back is told as usage, and the same numbers are no change", (t) => {
  const licenses = [BASE];
  const low = seenAt(0, { licenses, usage: { "base/cpus": 10n } });
  const high = seenAt(5, { licenses, usage: { "base/cpus": 65n }, usageRevision: 1n });
  const back = seenAt(6, { licenses, usage: { "base/cpus": 64n }, usageRevision: 2n });
  const { changes } = workOut(markAt(low), [low, high, back], 6);
  const ofCompute = changes.filter(({ key }) => key === "compute").map(inShort);
  t.deepEqual(ofCompute, [
    "compute ENABLED GRANTED -> RESTRICTED OVER_QUOTA, USAGE, day 5",
    "compute RESTRICTED OVER_QUOTA -> ENABLED GRANTED, USAGE, day 6",
  ]);
  const other = seenAt(5, { licenses, usage: { "base/cpus": 20n }, usageRevision: 1n });
  t.deepEqual(workOut(markAt(low), [low, other], 6).changes, []);
});

test("an upload and usage that come in one look are told apart", (t) => {
  const low = seenAt(0, { licenses: [BASE], usage: { "base/cpus": 10n } });
  const gpu: LicenseText = { sequence: 2, item: "gpu", from: 5 };
  const both = seenAt(5, {
    licenses: [BASE, gpu],
    revision: 2n,
    usage: { "base/cpus": 65n },
    usageRevision: 1n,
  });
  const { changes } = workOut(markAt(low), [low, both], 5);
  t.deepEqual(changes.filter(({ key }) => key === "gpu").map(inShort), [
    "gpu DISABLED NOT_LICENSED -> ENABLED GRANTED, UPLOAD, day 5",
    "gpu ENABLED GRANTED -> RESTRICTED OVER_QUOTA, USAGE, day 5",
  ]);
  t.true(changes.some(({ key, cause }) => key === "compute" && cause === "USAGE"));
});

test("EV-8: rows that stop verifying, and verify again, are told as tampering", (t) => {
  const good = seenAt(0, { licenses: [BASE, GPU] });
  const bad = { ...seenAt(5, { licenses: [BASE], tampered: [idOf(2)] }) };
  const stored = { ...bad.state.stored, licenses: good.state.stored.licenses };
  const broken = { state: { ...bad.state, stored }, since: day(5) };
  const { short, to } = workOut(markAt(good), [good, broken], 5);
  t.deepEqual(short, ["gpu ENABLED GRANTED -> DISABLED NOT_LICENSED, TAMPERING, day 5"]);
  const repaired = { ...good, since: day(7) };
  const again = workOut(markAt(good, to), [broken, repaired], 7);
  t.deepEqual(again.short, ["gpu DISABLED NOT_LICENSED -> ENABLED GRANTED, TAMPERING, day 7"]);
});

test("a row that was removed by hand, with no revision for it, is tampering, not a deletion", (t) => {
  const good = seenAt(0, { licenses: [BASE, GPU] });
  const removed = seenAt(5, { licenses: [BASE] });
  t.deepEqual(workOut(markAt(good), [good, removed], 5).short, [
    "gpu ENABLED GRANTED -> DISABLED NOT_LICENSED, TAMPERING, day 5",
  ]);
});

test("a raised epoch is a restore, whatever came with it", (t) => {
  const before = seenAt(0, { licenses: [BASE, GPU], revision: 7n });
  const restored = seenAt(5, { licenses: [BASE], revision: 3n, epoch: 2n });
  t.deepEqual(workOut(markAt(before), [before, restored], 5).short, [
    "gpu ENABLED GRANTED -> DISABLED NOT_LICENSED, RESTORE, day 5",
  ]);
});

test("a database that was restored with its history gets the lost changes again from who saw them", (t) => {
  const backedUp = seenAt(0, { licenses: [BASE], revision: 1n });
  const gpu: LicenseText = { sequence: 2, item: "gpu", from: 3 };
  const lost = seenAt(3, { licenses: [BASE, gpu], revision: 2n });
  const restored = seenAt(5, { licenses: [BASE], revision: 1n, epoch: 2n });
  t.deepEqual(workOut(markAt(backedUp), [lost, restored], 5).short, [
    "gpu DISABLED NOT_LICENSED -> ENABLED GRANTED, UPLOAD, day 3",
    "gpu ENABLED GRANTED -> DISABLED NOT_LICENSED, RESTORE, day 5",
  ]);
});

test("states that are older than the mark say nothing", (t) => {
  const newer = seenAt(5, { licenses: [BASE, GPU], revision: 2n });
  const older = seenAt(6, { licenses: [BASE], revision: 1n });
  const { changes, to } = workOut(markAt(newer), [older], 30);
  t.deepEqual(changes, []);
  t.is(to.inputs.revision, 2n);
});

test("a capability that a new program has, or has no more, changes from and to unknown", (t) => {
  const seen = seenAt(0, { licenses: [BASE] });
  const mark = markAt(seen);
  const outcomes = new Map(mark.outcomes);
  outcomes.delete("compute");
  outcomes.set("teleport", { state: "ENABLED", reason: "GRANTED", operations: ["VIEW"] });
  const inputs = { ...mark.inputs, programVersion: "0.9.0" };
  t.deepEqual(workOut({ ...mark, inputs, outcomes }, [seenAt(5, { licenses: [BASE] })], 5).short, [
    "compute DISABLED UNKNOWN_CAPABILITY -> ENABLED GRANTED, CONFIGURATION, day 5",
    "teleport ENABLED GRANTED -> DISABLED UNKNOWN_CAPABILITY, CONFIGURATION, day 5",
  ]);
});

test("a long absence is told in portions, and the portions together are the whole", (t) => {
  const terms: LicenseText[] = Array.from({ length: 30 }, (_, i) => ({
    sequence: i + 2,
    item: "gpu",
    from: i * 4,
    until: i * 4 + 2,
  }));
  const seen = seenAt(0, { licenses: [BASE, ...terms] });
  let mark = markAt(seen);
  const told: string[] = [];
  let portions = 0;
  for (let isCut = true; isCut; portions += 1) {
    const work = workOut(mark, [{ ...seen, since: day(200) }], 200);
    told.push(...work.short);
    mark = markAt(seen, work.to);
    isCut = work.isCut;
  }
  t.is(told.length, 59);
  t.is(new Set(told).size, 59);
  t.true(portions > 3);
  t.is(told[0], "gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 2");
  t.is(told.at(-1), "gpu ENABLED GRANTED -> DISABLED EXPIRED, TIME, day 118");
});

test("a clock that was set back tells what is effective again from then on, once", (t) => {
  const seen = seenAt(0, { licenses: [BASE, GPU] });
  const ahead = workOut(markAt(seen), [seen], 400);
  const mark = markAt(seen, ahead.to);
  const back = workOut(mark, [{ ...seen, since: day(10) }], 10);
  t.true(back.short.includes("gpu DISABLED EXPIRED -> ENABLED GRANTED, TIME, day 10"));
  t.is(back.to.evaluatedAt, day(10));
});

test("of states with the mark's revision but another content only the last can count", (t) => {
  const good = seenAt(0, { licenses: [BASE, GPU] });
  const unaware = { ...good, since: day(1) };
  const edited = seenAt(0, { licenses: [BASE], tampered: [idOf(2)] });
  const later = seenAt(5, { licenses: [BASE], tampered: [idOf(2)], revision: 2n });
  t.deepEqual(workOut(markAt(edited), [unaware, later], 6).changes, []);
});

test("evaluations that were made already give the same history as none", (t) => {
  const later: LicenseText = { sequence: 3, item: "gpu", from: 30, until: 40 };
  const before = seenAt(0, { licenses: [BASE, GPU] });
  const after = seenAt(25, { licenses: [BASE, GPU, later], revision: 2n });
  const mark = markAt(before);
  const expected = workOut(mark, [before, after], 45);
  const made = [0, 19, 20, 21, 25, 26, 30, 31, 40, 45].flatMap((days) => [
    day(days) - 1,
    day(days),
    day(days) + 1,
  ]);
  for (const at of made) {
    const withMade = [before, after].map((seen) => ({
      ...seen,
      evaluations: [evaluateState(seen.state, at)],
    }));
    t.deepEqual(workOut(mark, withMade, 45), expected, `${(at - day(0)) / DAY_MS}`);
  }
});

test("UK-BU-6: a key that came is told as USB_KEY, and the end of its buffer as time, also when no node ran then", (t) => {
  const gpu: LicenseText = { sequence: 2, item: "gpu", key: "a" };
  const licenses = [BASE, gpu];
  const away = seenAt(0, { licenses });
  const giving = [{ ...keyName("a"), until: undefined }];
  const there = seenAt(5, { licenses, revision: 2n, usb: { status: "READY", giving, buffers: [] } });
  const buffers = [{ ...keyName("a"), startsAt: day(10), endsAt: day(40) }];
  const pulled = seenAt(11, { licenses, revision: 3n, usb: { status: "MISSING", giving: [], buffers } });
  const { short } = workOut(markAt(away), [away, there, pulled], 50);
  t.deepEqual(short, [
    "gpu DISABLED USB_KEY_LOST -> ENABLED GRANTED, USB_KEY, day 5",
    "gpu ENABLED GRANTED -> DISABLED USB_KEY_LOST, TIME, day 40",
  ]);
});

test("UK-BU-3: a key pulled with its buffer over is told as USB_KEY: when it was seen, or when it was committed", (t) => {
  const licenses: LicenseText[] = [BASE, { sequence: 2, item: "gpu", key: "a" }];
  const giving = [{ ...keyName("a"), until: undefined }];
  const there = seenAt(0, { licenses, usb: { status: "READY", giving, buffers: [] } });
  const gone = seenAt(9, { licenses, revision: 2n, usb: { status: "MISSING", giving: [], buffers: [] } });
  const expected = (at: number) => [`gpu ENABLED GRANTED -> DISABLED USB_KEY_LOST, USB_KEY, day ${at}`];
  t.deepEqual(workOut(markAt(there), [there, gone], 9, { committedAt: day(8) }).short, expected(9));
  t.deepEqual(workOut(markAt(there), [gone], 9, { committedAt: day(8) }).short, expected(8));
});
