import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { alarmAt } from "../../../src/snapshot/alarm.ts";
import { LONGEST_DELAY_MS } from "../../../src/snapshot/timers.ts";
import { createFakeTime } from "../../helpers/fake-time.ts";

const START = Date.UTC(2026, 0, 1);

test("an alarm 100 days away is slept towards in stretches that a timer can hold", async (t) => {
  const time = createFakeTime(START);
  let rings = 0;
  alarmAt(time.clock, time.timers, START + 100 * DAY_MS, () => rings++);
  t.deepEqual(time.delays(), [LONGEST_DELAY_MS]);
  await time.pass(100 * DAY_MS - 1);
  t.is(rings, 0);
  await time.pass(1);
  t.is(rings, 1);
  t.deepEqual(time.delays(), []);
});

test("an alarm whose timer fires early goes back to sleep", async (t) => {
  const time = createFakeTime(START);
  let rings = 0;
  const early = {
    after: (delayMs: number, callback: () => void) => time.timers.after(Math.max(1, delayMs - 1), callback),
  };
  alarmAt(time.clock, early, START + 50, () => rings++);
  await time.pass(49);
  t.is(rings, 0);
  await time.pass(1);
  t.is(rings, 1);
});

test("a cancelled alarm leaves no timer behind, in whatever stretch it is", async (t) => {
  const time = createFakeTime(START);
  const alarm = alarmAt(time.clock, time.timers, START + 100 * DAY_MS, () => t.fail());
  await time.pass(60 * DAY_MS);
  alarm.cancel();
  t.deepEqual(time.delays(), []);
});
