import test from "ava";
import { isSameOutcome, narrower, wider } from "../../../src/domain/decision.ts";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { CAPABILITY_REASONS, type CapabilityReason, type Outcome } from "../../../src/domain/evaluation.ts";
import type { PlatformFacts } from "../../../src/domain/facts.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, type LicenseSketch, platformFrom } from "../../helpers/installed-licenses.ts";
import { decisionOn } from "../../helpers/properties.ts";

const CLOUD = loadProfile("zstack-cloud");
const USPHERE = loadProfile("unicloud-usphere");

const outcome = (reason: CapabilityReason, ...operations: Outcome["operations"]): Outcome => ({
  state: "DISABLED",
  reason,
  operations,
  entry: "LOCKED",
});

test("rules section 7: of sources the one that leaves most operations counts, of what is laid over it the fewest", (t) => {
  const more = outcome("NOT_LICENSED", "VIEW", "STOP");
  const less = outcome("PLATFORM_LOCKED", "STOP");
  t.is(wider(less, more), more);
  t.is(wider(more, less), more);
  t.is(narrower(less, more), less);
  t.is(narrower(more, less), less);
});

test("rules section 7: ties go to the reason that comes first in the list", (t) => {
  for (const [index, reason] of CAPABILITY_REASONS.entries()) {
    for (const other of CAPABILITY_REASONS.slice(index)) {
      for (const choose of [wider, narrower]) {
        t.is(choose(outcome(other, "STOP"), outcome(reason, "STOP")).reason, reason);
        t.is(choose(outcome(reason, "STOP"), outcome(other, "STOP")).reason, reason);
      }
    }
  }
});

test("outcomes are the same when nothing in them differs", (t) => {
  const one = outcome("EXPIRED", "VIEW", "STOP");
  t.true(isSameOutcome(one, { ...one, operations: [...one.operations] }));
  t.false(isSameOutcome(one, { ...one, state: "VIEW_ONLY" }));
  t.false(isSameOutcome(one, { ...one, reason: "PENDING" }));
  t.false(isSameOutcome(one, { ...one, entry: "SHOWN" }));
  t.false(isSameOutcome(one, outcome("EXPIRED", "VIEW", "DELETE")));
  t.false(isSameOutcome(one, outcome("EXPIRED", "VIEW")));
});

function outcomes(
  profile: Profile,
  sketches: readonly LicenseSketch[],
  usage: Readonly<Record<string, number>> = {},
  facts: Partial<PlatformFacts> = {},
) {
  const evaluation = evaluate(profile, platformFrom(profile, sketches, usage, facts), dayOf(10));
  return (key: string) => {
    const { state, reason } = decisionOn(evaluation, key);
    return `${state} ${reason}`;
  };
}

const formal = (item: string, rest: Partial<LicenseSketch> = {}): LicenseSketch => ({
  name: `${item} ${rest.edition}`,
  item,
  term: "formal",
  ...rest,
});
const x86 = formal("base", { edition: "enterprise-plus", quotas: { cpus: 4 } });
const arm = formal("base-arm", { edition: "enterprise-plus", quotas: { cpus: 4 } });
const isc = formal("isc", { quotas: { vms: 4 } });
const srm = formal("srm", { quotas: { vms: 4 } });

test("rules section 7: a base meter over quota restricts its architecture, and what has none", (t) => {
  const outcomeOf = outcomes(USPHERE, [x86, arm, isc, srm], { "base-arm/cpus": 5 });
  t.is(outcomeOf("compute-arm"), "RESTRICTED OVER_QUOTA");
  t.is(outcomeOf("isc"), "RESTRICTED OVER_QUOTA");
  t.is(outcomeOf("compute"), "ENABLED GRANTED");
  t.is(outcomeOf("srm"), "ENABLED GRANTED");
  t.is(outcomeOf("container"), "DISABLED NOT_LICENSED");
});

test("rules section 7: a meter of its own over quota restricts that capability alone", (t) => {
  const outcomeOf = outcomes(USPHERE, [x86, isc, srm], { "isc/vms": 5 });
  t.is(outcomeOf("isc"), "RESTRICTED OVER_QUOTA");
  t.is(outcomeOf("srm"), "ENABLED GRANTED");
});

test("US-TE-4, US-TE-5: a lock locks every capability that is licensed, and nothing is laid over what is not", (t) => {
  const temporary: LicenseSketch = { ...isc, name: "t", term: "temporary", end: 5 };
  const locked = outcomes(USPHERE, [x86, isc, temporary], { "base/cpus": 5 });
  t.is(locked("compute"), "VIEW_ONLY PLATFORM_LOCKED");
  t.is(locked("isc"), "VIEW_ONLY PLATFORM_LOCKED");
  t.is(locked("container"), "DISABLED NOT_LICENSED");
});

test("rules section 7: a module lives on with the base that ended as it is to be seen, and without any it does not", (t) => {
  const paid = (item: string, rest: Partial<LicenseSketch> = {}): LicenseSketch => ({
    name: item,
    item,
    term: "paid",
    ...rest,
  });
  const base = paid("base", { edition: "standard", quotas: { cpus: 4 } });
  t.is(outcomes(CLOUD, [base, paid("gpu")])("gpu"), "ENABLED GRANTED");
  t.is(outcomes(CLOUD, [{ ...base, end: 5 }, paid("gpu")])("gpu"), "VIEW_ONLY BASE_EXPIRED");
  t.is(outcomes(CLOUD, [{ ...base, start: 15 }, paid("gpu")])("gpu"), "DISABLED BASE_MISSING");
  t.is(outcomes(CLOUD, [paid("gpu")])("gpu"), "DISABLED BASE_MISSING");
  t.is(outcomes(CLOUD, [base, paid("gpu", { end: 5 })])("gpu"), "DISABLED EXPIRED");
  t.is(outcomes(CLOUD, [base, paid("gpu", { start: 15 })])("gpu"), "DISABLED PENDING");
  t.is(outcomes(CLOUD, [base])("gpu"), "DISABLED NOT_LICENSED");
});

test("ZC-PL-3: beside an ended enterprise base what it included follows the base, not the module", (t) => {
  const base: LicenseSketch = { name: "b", item: "base", edition: "enterprise", term: "paid", end: 5 };
  t.is(outcomes(CLOUD, [base])("gpu"), "VIEW_ONLY EXPIRED");
  t.is(outcomes(CLOUD, [base, { name: "g", item: "gpu", term: "paid" }])("gpu"), "VIEW_ONLY EXPIRED");
  t.is(outcomes(CLOUD, [base, { name: "g", item: "gpu", term: "paid", end: 5 }])("gpu"), "VIEW_ONLY EXPIRED");
});
