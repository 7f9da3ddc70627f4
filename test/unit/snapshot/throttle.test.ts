import test from "ava";
import { Throttle } from "../../../src/snapshot/throttle.ts";
import { createFakeTime } from "../../helpers/fake-time.ts";

function startThrottle() {
  const time = createFakeTime(0);
  const done: number[] = [];
  const throttle = new Throttle({ ...time, restMs: 1_000 }, () => done.push(time.clock.now()));
  return { time, done, throttle };
}

test("work is done at once after a rest, and once for all who ask during it", async (t) => {
  const { time, done, throttle } = startThrottle();
  throttle.ask();
  t.deepEqual(done, [0]);
  await time.pass(400);
  for (let n = 0; n < 10; n += 1) throttle.ask();
  t.deepEqual(done, [0]);
  await time.pass(5_000);
  t.deepEqual(done, [0, 1_000]);
  throttle.ask();
  t.deepEqual(done, [0, 1_000, 5_400]);
});

test("a rest that is begun otherwise takes back what was asked for", async (t) => {
  const { time, done, throttle } = startThrottle();
  throttle.ask();
  throttle.ask();
  throttle.rest();
  await time.pass(5_000);
  t.deepEqual(done, [0]);
});

test("a closed throttle does nothing and leaves no timer", async (t) => {
  const { time, done, throttle } = startThrottle();
  throttle.ask();
  throttle.ask();
  throttle.close();
  t.deepEqual(time.delays(), []);
  throttle.ask();
  await time.pass(5_000);
  t.deepEqual(done, [0]);
});
