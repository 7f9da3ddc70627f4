import test from "ava";
import { singleFlight } from "../../../src/snapshot/single-flight.ts";
import { settled } from "../../helpers/fake-time.ts";

function createWork() {
  const runs: PromiseWithResolvers<number>[] = [];
  const work = () => {
    const run = Promise.withResolvers<number>();
    runs.push(run);
    return run.promise;
  };
  return { runs, fly: singleFlight(work) };
}

test("calls while a run is under way share one run that begins after them", async (t) => {
  const { runs, fly } = createWork();
  const first = fly();
  const second = fly();
  const third = fly();
  t.is(runs.length, 1);
  runs[0]?.resolve(1);
  t.is(await first, 1);
  await settled();
  t.is(runs.length, 2);
  runs[1]?.resolve(2);
  t.deepEqual(await Promise.all([second, third]), [2, 2]);
  t.is(runs.length, 2);
});

test("a run that fails fails its own callers only", async (t) => {
  const { runs, fly } = createWork();
  const first = fly();
  const second = fly();
  runs[0]?.reject(new Error("away"));
  await t.throwsAsync(first, { message: "away" });
  await settled();
  runs[1]?.resolve(2);
  t.is(await second, 2);
});

test("a call after everything has ended begins a run of its own", async (t) => {
  const { runs, fly } = createWork();
  const first = fly();
  runs[0]?.resolve(1);
  await first;
  const second = fly();
  t.is(runs.length, 2);
  runs[1]?.resolve(2);
  t.is(await second, 2);
});
