import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { DAY_MS } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";

const SHIPPED = loadProfile("zstack-cloud");

/** A product whose no-license state is a trial of 30 days from the first start. */
const WITH_TRIAL: Profile = { ...SHIPPED, noLicense: { ...SHIPPED.noLicense, days: 30 } };

const FIRST_START = Date.parse("2026-01-01T00:00:00Z");

function computeAt(firstStartAt: number | undefined, at: number) {
  const evaluation = evaluate(WITH_TRIAL, [], { firstStartAt, productVersion: undefined }, at);
  const compute = evaluation.capabilities.find(({ key }) => key === "compute");
  return {
    status: evaluation.status,
    state: compute?.state,
    reason: compute?.reason,
    expiresAt: compute?.expiresAt,
  };
}

test("EV-8: a first start whose row does not verify counts as a trial that is over", (t) => {
  t.like(computeAt(undefined, FIRST_START), { status: "EXPIRED", state: "VIEW_ONLY", reason: "EXPIRED" });
});

test("EV-2: a trial from the first start ends by itself, and says when", (t) => {
  const end = FIRST_START + 30 * DAY_MS;
  t.like(computeAt(FIRST_START, end - 1), { status: "VALID", state: "ENABLED", expiresAt: end });
  t.like(computeAt(FIRST_START, end), { status: "EXPIRED", state: "VIEW_ONLY", reason: "EXPIRED" });
});

test("EV-4: a trial gives nothing before the first start", (t) => {
  t.like(computeAt(FIRST_START, FIRST_START - 1), {
    status: "EXPIRED",
    state: "DISABLED",
    reason: "NOT_LICENSED",
  });
});
