import test from "ava";
import { clockAlert, clockDifferenceMs, describeDifference } from "../../../src/nodes/clock-difference.ts";

test("the database is taken to have looked at its clock in the middle of the round trip", (t) => {
  t.is(clockDifferenceMs({ askedAt: 1_000, answeredAt: 3_000, databaseNow: 2_000 }), 0);
  t.is(clockDifferenceMs({ askedAt: 61_000, answeredAt: 63_000, databaseNow: 2_000 }), 60_000);
  t.is(clockDifferenceMs({ askedAt: 0, answeredAt: 0, databaseNow: 5_000 }), -5_000);
});

test("more than a minute apart is an alert, more than an hour a critical one, in either direction", (t) => {
  const severity = (differenceMs: number) => clockAlert(differenceMs)?.severity;
  for (const sign of [1, -1]) {
    t.is(severity(sign * 60_000), undefined);
    t.is(severity(sign * 60_001), "WARNING");
    t.is(severity(sign * 3_600_000), "WARNING");
    t.is(severity(sign * 3_600_001), "CRITICAL");
  }
});

test("the alert says by how much and in which direction", (t) => {
  t.regex(clockAlert(365 * 86_400_000)?.message ?? "", /clock of this node is 365 d ahead of the database's/);
  t.regex(clockAlert(-90_000)?.message ?? "", /is 90 s behind the database's/);
  t.is(describeDifference(7_200_000), "2 h ahead of");
  t.is(describeDifference(-3), "3 ms behind");
});
