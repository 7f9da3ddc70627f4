/** The log of alerts, over a hub whose store and time the test moves. */
import test from "ava";
import { pino } from "pino";
import { DAY_MS } from "../../../src/domain/license.ts";
import { AlertLog } from "../../../src/observability/alert-log.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { createTestPlatform } from "../../helpers/test-hub.ts";
import { ISSUED_AT } from "../../helpers/vendor.ts";

const START = ISSUED_AT;
const SECONDS = START / 1000;
const DAY = DAY_MS / 1000;

/** A hub, and the lines of its alerts since they were last taken: "warn LICENSE_EXPIRED base". */
async function create(t: Teardown) {
  const platform = await createTestPlatform(START);
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const start = async () => {
    // Days pass in these tests: polls of a second would be what takes the time.
    const hub = await platform.startHub(20 * DAY_MS);
    const { clock, timers } = platform.time;
    const alertLog = new AlertLog({ hub, clock, timers, log });
    t.teardown(async () => {
      alertLog.close();
      await hub.close();
    });
    return { hub, alertLog };
  };
  const take = () => lines.splice(0).map(lineText);
  return { ...platform, start, take };
}

function lineText(line: string): string {
  const { level, alert, subject, msg } = JSON.parse(line);
  const end = msg === "an alert stands no longer" ? " ended" : "";
  return `${pino.levels.labels[level]} ${alert} ${subject}${end}`;
}

test("EV-10: an alert that time alone begins is one line at its instant, and one when it is over", async (t) => {
  const { install, start, time, take } = await create(t);
  await install({ exp: SECONDS + 20 * DAY });
  const { hub } = await start();
  t.deepEqual(take(), []);
  await time.pass(5 * DAY_MS);
  t.deepEqual(take(), [], "15 days left are not less than 15");
  await time.pass(1);
  t.deepEqual(take(), ["warn LICENSE_TO_EXPIRE base"]);
  for (let day = 0; day < 10; day++) {
    await time.pass(DAY_MS);
    await hub.refresh();
  }
  t.deepEqual(take(), [], "it is evaluated often, and said once");
  await time.pass(5 * DAY_MS);
  t.deepEqual(take(), ["warn LICENSE_EXPIRED base", "info LICENSE_TO_EXPIRE base ended"]);
});

test("EV-10: a node that starts tells what stands, and a renewal ends it", async (t) => {
  const { install, start, time, take } = await create(t);
  await install({ exp: SECONDS + 10 * DAY });
  const { hub } = await start();
  t.deepEqual(take(), ["warn LICENSE_TO_EXPIRE base"]);
  await time.pass(DAY_MS);
  await install({ jti: "renewal", exp: SECONDS + 400 * DAY });
  await hub.refresh();
  t.deepEqual(take(), ["info LICENSE_TO_EXPIRE base ended"]);
});

test("ZL-5: a reminder that is put off is not said until its day is over, then it begins again", async (t) => {
  const { install, start, store, time, take } = await create(t);
  await install({ exp: SECONDS + 10 * DAY });
  const { hub } = await start();
  t.deepEqual(take(), ["warn LICENSE_TO_EXPIRE base"]);
  const putOff = { kind: "LICENSE_TO_EXPIRE", subject: "base", putOffAt: START };
  const { revision } = store.state;
  store.state = {
    ...store.state,
    revision: { ...revision, revision: revision.revision + 1n },
    putOffs: [putOff],
  };
  await hub.refresh();
  await time.pass(DAY_MS - 1);
  t.deepEqual(take(), []);
  await time.pass(1);
  t.deepEqual(take(), ["warn LICENSE_TO_EXPIRE base"]);
});

test("EV-8: a row that was changed by hand is a line of the log, too", async (t) => {
  const { install, start, store, take } = await create(t);
  await install({});
  const { hub } = await start();
  const [row] = store.state.licenses;
  if (row === undefined) throw new Error("nothing is stored");
  store.state = { ...store.state, licenses: [{ ...row, uploadSequence: 7 }] };
  await hub.refresh();
  t.deepEqual(take(), [`warn TAMPERED_ROW ${row.id}`]);
});

test("once closed it tells nothing more, and leaves no timer", async (t) => {
  const { install, start, time, take } = await create(t);
  await install({ exp: SECONDS + 20 * DAY });
  const { hub, alertLog } = await start();
  alertLog.close();
  await hub.close();
  t.deepEqual(time.delays(), []);
  await time.pass(30 * DAY_MS);
  t.deepEqual(take(), []);
});
