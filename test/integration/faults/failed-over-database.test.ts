import test from "ava";
import { failOverRepeatedly } from "../../drills/failover/failover.ts";
import { asDrill } from "./_context.ts";

test("a primary is killed under uploads: its synchronous standby has every acknowledged one, and the epoch stays", async (t) => {
  const { outcomes, epochBefore, epochAfter } = await failOverRepeatedly(asDrill(t), 1);
  t.like(outcomes[0], { lost: 0, readsFailed: 0 });
  t.true((outcomes[0]?.acknowledged ?? 0) > 0, `${outcomes[0]?.acknowledged} acknowledged`);
  t.is(epochAfter, epochBefore);
});
