import test from "ava";
import { startRpcService } from "../../helpers/rpc-service.ts";

const FIRST = new Date(0);
const LAST = new Date(Date.UTC(10_000, 0, 1) - 1);

test("EV-2: every question about another instant takes the first of 1970 and the last of 9999", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard" });
  await rpc.install({ item: "gpu" });
  for (const atTime of [FIRST, LAST]) {
    const [info, capabilities, explained] = await Promise.all([
      rpc.call("getLicenseInfo", { atTime }),
      rpc.call("getLicenseCapabilities", { atTime }),
      rpc.call("explainCapability", { key: "gpu", atTime }),
    ]);
    t.deepEqual(
      [info.evaluatedAt, capabilities.evaluatedAt, explained.evaluatedAt],
      [atTime, atTime, atTime],
    );
    t.deepEqual(info.nextChangeAt, capabilities.nextChangeAt);
  }
});

test("EV-2: going from next change to next change comes to an end, and nothing changes in between", async (t) => {
  const rpc = await startRpcService(t);
  await rpc.install({ edition: "standard" });
  const inOneDay = Math.floor(Date.now() / 1000) + 86_400;
  await rpc.install({ item: "gpu", exp: inOneDay });
  let answer = await rpc.call("getLicenseCapabilities", { atTime: FIRST });
  const steps: number[] = [];
  while (answer.nextChangeAt !== undefined) {
    const { nextChangeAt } = answer;
    const justBefore = await rpc.call("getLicenseCapabilities", {
      atTime: new Date(nextChangeAt.getTime() - 1),
    });
    t.deepEqual(justBefore.capabilities, answer.capabilities);
    answer = await rpc.call("getLicenseCapabilities", { atTime: nextChangeAt });
    steps.push(nextChangeAt.getTime());
  }
  t.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
  t.true(steps.length >= 3);
  t.is(new Set(steps).size, steps.length);
});
