import test from "ava";
import { DAY_MS } from "../../../src/domain/license.ts";
import { putOffUntil } from "../../../src/domain/put-off.ts";

const AT = Date.UTC(2026, 0, 1);
const GPU = { kind: "MODULE_TO_EXPIRE", subject: "gpu" };
const PUT_OFF = [{ ...GPU, putOffAt: AT }];

test("ZL-5: a reminder that was put off is silent for 24 h from then, and comes back at the end of them", (t) => {
  t.is(putOffUntil(GPU, PUT_OFF, AT), AT + DAY_MS);
  t.is(putOffUntil(GPU, PUT_OFF, AT + DAY_MS - 1), AT + DAY_MS);
  t.is(putOffUntil(GPU, PUT_OFF, AT + DAY_MS), undefined);
});

test("ZL-5: another subject or another kind is not put off with it", (t) => {
  t.is(putOffUntil({ ...GPU, subject: "cdp" }, PUT_OFF, AT), undefined);
  t.is(putOffUntil({ ...GPU, kind: "MODULE_EXPIRED" }, PUT_OFF, AT), undefined);
});

test("ZL-5: an instant that is still to come silences nothing before it, however far off it is", (t) => {
  t.is(putOffUntil(GPU, PUT_OFF, AT - 1), undefined);
  t.is(putOffUntil(GPU, [{ ...GPU, putOffAt: AT + 1000 * DAY_MS }], AT), undefined);
});
