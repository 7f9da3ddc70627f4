import test from "ava";
import { fail, ok, runChecks, skip, warn } from "../../../../src/cli/doctor/check.ts";
import { countOutcomes } from "../../../../src/cli/render/check-list.ts";
import { StartupError } from "../../../../src/errors.ts";

test("checks are shown in their order, and one that throws or hangs does not stop the others", async (t) => {
  const results = await runChecks(
    [
      { name: "hangs", look: () => new Promise<never>(() => undefined) },
      { name: "throws", look: () => Promise.reject(new Error("a\nb\u001b[31m")) },
      {
        name: "refuses",
        look: () => {
          throw new StartupError("listen", "It is taken.");
        },
      },
      { name: "good", look: () => ok("fine") },
    ],
    50,
  );
  t.deepEqual(results, [
    { check: "hangs", outcome: "fail", seen: "There was no answer within 50 ms.", remedy: undefined },
    {
      check: "throws",
      outcome: "fail",
      seen: "The check could not be made: a\\u{a}b\\u{1b}[31m.",
      remedy: undefined,
    },
    { check: "refuses", outcome: "fail", seen: "It is taken.", remedy: undefined },
    { check: "good", outcome: "ok", seen: "fine" },
  ]);
});

test("outcomes are counted, the best first; those that no check had are left out", (t) => {
  const named = (finding: ReturnType<typeof ok>) => ({ check: "c", ...finding });
  const all = [fail("x"), ok("x"), skip("x"), warn("x", "y"), ok("x")].map(named);
  t.is(countOutcomes(all), "2 ok, 1 warn, 1 fail, 1 skip");
  t.is(countOutcomes([named(ok("x"))]), "1 ok");
});
