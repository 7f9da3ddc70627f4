import test from "ava";
import { alertsAt } from "../../../src/domain/alerts.ts";
import { compareAlerts, compareEvaluations } from "../../../src/domain/compare.ts";
import { evaluate } from "../../../src/domain/evaluate.ts";
import type { PlatformInput } from "../../../src/domain/facts.ts";
import type { License } from "../../../src/domain/license.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { day, installed, makeLicense, ORIGIN } from "./_licenses.ts";

const CLOUD = loadProfile("zstack-cloud");

function platform(licenses: readonly License[], usage: Readonly<Record<string, number>> = {}): PlatformInput {
  return {
    licenses: installed(...licenses),
    facts: { firstStartAt: ORIGIN, productVersion: undefined, reacquiredAt: [] },
    usage: new Map(Object.entries(usage).map(([key, amount]) => [key, BigInt(amount)])),
  };
}

function base(cpus: number, text: Partial<Parameters<typeof makeLicense>[1]> = {}): License {
  return makeLicense(CLOUD, {
    item: "base",
    edition: "standard",
    term: "paid",
    endsAt: day(365),
    quotas: { cpus },
    ...text,
  });
}

function differ(before: PlatformInput, after: PlatformInput, at = day(10)) {
  const alerts = compareAlerts(alertsAt(CLOUD, before, at), alertsAt(CLOUD, after, at));
  const nameOf = ({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`;
  return {
    ...compareEvaluations(evaluate(CLOUD, before, at), evaluate(CLOUD, after, at)),
    started: alerts.started.map(nameOf),
    stopped: alerts.stopped.map(nameOf),
  };
}

test("EV-7: a smaller license over what is in use says by how much, and which alert begins", (t) => {
  const large = base(64);
  const usage = { "base/cpus": 40 };
  const change = differ(platform([large], usage), platform([large, base(32)], usage));
  t.deepEqual(change.quotas, [
    {
      key: "base/cpus",
      limitBefore: 64n,
      limitAfter: 32n,
      usedBefore: 40n,
      usedAfter: 40n,
      overBefore: false,
      overAfter: true,
      overBy: 8n,
    },
  ]);
  t.deepEqual(change.started, ["INSUFFICIENT_QUOTA base/cpus"]);
  t.deepEqual(change.stopped, []);
  const compute = change.capabilities.find(({ key }) => key === "compute");
  t.like(compute, { before: { state: "ENABLED" }, after: { state: "RESTRICTED", reason: "OVER_QUOTA" } });
});

test("EV-7: a larger license ends the shortage and its alert", (t) => {
  const small = base(32);
  const usage = { "base/cpus": 40 };
  const change = differ(platform([small], usage), platform([small, base(64)], usage));
  t.like(change.quotas[0], { overBefore: true, overAfter: false, overBy: 0n });
  t.deepEqual(change.stopped, ["INSUFFICIENT_QUOTA base/cpus"]);
});

test("ZC-PL-4: a vmware license takes use off the base, and both meters say so", (t) => {
  const there = base(64);
  const vmware = makeLicense(CLOUD, { item: "vmware", term: "paid", endsAt: day(365), quotas: { cpus: 10 } });
  const usage = { "base/cpus": 50, "vmware/cpus": 12 };
  const change = differ(platform([there], usage), platform([there, vmware], usage));
  t.like(
    change.quotas.find(({ key }) => key === "base/cpus"),
    { limitBefore: 64n, limitAfter: 64n, usedBefore: 62n, usedAfter: 52n },
  );
  t.like(
    change.quotas.find(({ key }) => key === "vmware/cpus"),
    { limitBefore: 0n, limitAfter: 10n, usedBefore: 0n, usedAfter: 10n },
  );
});

test("EV-10: a renewal ends the reminder of what it renews", (t) => {
  const ending = base(64, { endsAt: day(20) });
  const renewal = base(64, { startsAt: day(20), endsAt: day(400), issuedAt: day(9) });
  const change = differ(platform([ending]), platform([ending, renewal]));
  t.deepEqual(change.stopped, ["LICENSE_TO_EXPIRE base"]);
  t.deepEqual(change.started, []);
});

test("LI-7: without its base a module has BASE_MISSING", (t) => {
  const gpu = makeLicense(CLOUD, { item: "gpu", term: "paid", endsAt: day(365) });
  const change = differ(platform([base(64), gpu]), platform([gpu]));
  t.like(
    change.capabilities.find(({ key }) => key === "gpu"),
    { before: { state: "ENABLED" }, after: { state: "DISABLED", reason: "BASE_MISSING" } },
  );
});

test("nothing differs between equal platforms", (t) => {
  const same = platform([base(64)], { "base/cpus": 70 });
  t.deepEqual(differ(same, same), {
    capabilities: [],
    quotas: [],
    replacedLicenseIds: [],
    started: [],
    stopped: [],
  });
});
