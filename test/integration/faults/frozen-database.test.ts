import test from "ava";
import { judgeOutage } from "../../drills/outage/judge.ts";
import { observeOutage } from "../../drills/outage/outage.ts";
import { asDrill, makeCluster } from "./_context.ts";

/** The same findings as the drill's but for those on a quiet machine's milliseconds. */
const FUNCTIONAL = /reads never fail|refused as DATABASE_UNAVAILABLE|first good write/;

test("while the database is frozen, reads are answered from memory, writes are refused, and it recovers by itself", async (t) => {
  const times = { beforeMs: 500, awayMs: 8_000, afterMs: 5_000 };
  const seen = await observeOutage(asDrill(t), await makeCluster(t), "frozen", times);
  const findings = judgeOutage("frozen", "frozen", seen).findings.filter(({ promise }) =>
    FUNCTIONAL.test(promise),
  );
  t.is(findings.length, 3);
  for (const { promise, holds, seen: what } of findings) t.true(holds, `${promise}: ${what}`);
});
