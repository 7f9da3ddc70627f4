import test from "ava";
import {
  toInstant,
  toOptionalInstant,
  toOptionalTimestamp,
  toSafeInteger,
  toText,
  toTimestamp,
} from "../../../src/store/values.ts";

test("an instant is written with its milliseconds, and beyond year 9999 without a sign", (t) => {
  t.is(toTimestamp(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), "2026-01-02T03:04:05.006Z");
  t.is(toTimestamp(Date.UTC(9999, 11, 31, 23, 59, 59, 999)), "9999-12-31T23:59:59.999Z");
  t.is(toTimestamp(Date.UTC(12026, 0, 1)), "12026-01-01T00:00:00.000Z");
  t.throws(() => toTimestamp(Number.NaN), { instanceOf: RangeError });
});

test("no instant is null in SQL, and undefined here", (t) => {
  t.is(toOptionalTimestamp(undefined), null);
  t.is(toOptionalTimestamp(0), "1970-01-01T00:00:00.000Z");
  t.is(toOptionalInstant(null), undefined);
  t.is(toOptionalInstant(new Date(0)), 0);
  t.is(toInstant(new Date(7)), 7);
});

test("a bigint column is read only if it is exact as a number", (t) => {
  t.is(toSafeInteger("9007199254740991"), 2 ** 53 - 1);
  for (const value of ["9007199254740992", "1.5", "x"]) {
    t.throws(() => toSafeInteger(value), { instanceOf: RangeError });
  }
});

test("NUL, which SQL text cannot hold, is shown as a replacement character", (t) => {
  t.is(toText("a\0b\0"), "a\u{FFFD}b\u{FFFD}");
});
