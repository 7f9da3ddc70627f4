import test from "ava";
import {
  formatInstant,
  formatRelative,
  formatWithDistance,
  parseDuration,
  parseInstant,
} from "../../../src/cli/output/time.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

test("an instant is ISO 8601 in UTC, with milliseconds only where there are some", (t) => {
  t.is(formatInstant(new Date("2026-12-22T08:00:00+08:00")), "2026-12-22T00:00:00Z");
  t.is(formatInstant(new Date(1)), "1970-01-01T00:00:00.001Z");
});

test("a distance is told in the largest unit of which there are two or more, rounded down", (t) => {
  const cases: ReadonlyArray<[number, string]> = [
    [30 * 86_400 - 1, "in 29 d"],
    [2 * 86_400, "in 2 d"],
    [2 * 86_400 - 1, "in 47 h"],
    [2 * 3600, "in 2 h"],
    [7199, "in 119 min"],
    [90, "in 90 s"],
    [0.5, "in 500 ms"],
    [0, "now"],
    [-90, "90 s ago"],
    [-3 * 86_400, "3 d ago"],
  ];
  for (const [seconds, text] of cases) t.is(formatRelative(later(seconds), NOW), text);
});

test("an absent instant has a word of its own", (t) => {
  t.is(formatWithDistance(undefined, NOW, "never"), "never");
  t.is(formatWithDistance(later(86_400 * 29), NOW), "2026-12-21T12:00:00Z (in 29 d)");
});

test("a duration is read with its unit, in seconds without one", (t) => {
  t.deepEqual(
    ["10", "1.5s", "500ms", "2m", "2min", "1h", "30d"].map(parseDuration),
    [10_000, 1500, 500, 120_000, 120_000, 3_600_000, 2_592_000_000],
  );
  for (const text of ["", "-1", "1e3", "10 s", "ten", "1y", " 1", "1s1"])
    t.is(parseDuration(text), undefined, text);
});

test("an instant is read in UTC unless it names a zone", (t) => {
  const cases: ReadonlyArray<[string, string]> = [
    ["2026-12-31", "2026-12-31T00:00:00.000Z"],
    ["2026-12-31T08:00", "2026-12-31T08:00:00.000Z"],
    ["2026-12-31 08:00:01", "2026-12-31T08:00:01.000Z"],
    ["2026-12-31T08:00:00.5Z", "2026-12-31T08:00:00.500Z"],
    ["2026-12-31T08:00:00+08:00", "2026-12-31T00:00:00.000Z"],
    ["+30d", "2026-12-22T12:00:00.000Z"],
    ["-2h", "2026-11-22T10:00:00.000Z"],
  ];
  for (const [text, instant] of cases) t.is(parseInstant(text, NOW)?.toISOString(), instant, text);
});

test("what is no instant of the calendar is not read as another", (t) => {
  for (const text of [
    "2026-02-30",
    "2026-13-01",
    "2026-12-31T25:00",
    "26-12-31",
    "tomorrow",
    "",
    "+",
    "1795373226",
  ]) {
    t.is(parseInstant(text, NOW), undefined, text);
  }
});
