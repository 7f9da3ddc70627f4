import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { DAY_MS } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, type LicenseSketch, platformFrom } from "../../helpers/installed-licenses.ts";
import { decisionOn } from "../../helpers/properties.ts";

const SHIPPED = loadProfile("zstack-cloud");

/** A product whose no-license state is a trial of 30 days from the first start. */
const WITH_TRIAL: Profile = { ...SHIPPED, noLicense: { ...SHIPPED.noLicense, days: 30 } };

const FIRST_START = Date.parse("2026-01-01T00:00:00Z");

function computeAt(firstStartAt: number | undefined, at: number) {
  const evaluation = evaluate(
    WITH_TRIAL,
    {
      licenses: [],
      facts: { firstStartAt, productVersion: undefined, reacquiredAt: [] },
      usage: new Map(),
    },
    at,
  );
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

test("US-TE-1: a trial is pending before the first start, and gives nothing", (t) => {
  t.like(computeAt(FIRST_START, FIRST_START - 1), {
    status: "EXPIRED",
    state: "DISABLED",
    reason: "PENDING",
  });
});

const USPHERE = loadProfile("unicloud-usphere");

/** Reasons on a day of a pre-authorization that began on day 0. */
function preAuthorized(sketches: readonly LicenseSketch[], day: number) {
  const platform = platformFrom(USPHERE, sketches, {}, { firstStartAt: dayOf(0) });
  const evaluation = evaluate(USPHERE, platform, dayOf(day));
  return (key: string) => {
    const { state, reason } = decisionOn(evaluation, key);
    return `${state} ${reason}`;
  };
}

const formal = (item: string, rest: Partial<LicenseSketch> = {}): LicenseSketch => ({
  name: item,
  item,
  term: "formal",
  ...rest,
});
const X86 = formal("base", { edition: "standard", quotas: { cpus: 4 } });

test("US-TE-1: the pre-authorization gives enterprise-plus on both architectures, isc and srm, and no more", (t) => {
  const reasonOf = preAuthorized([], 179.999);
  for (const key of ["compute", "network-arm-advanced", "isc", "srm", "srm-arm"]) {
    t.is(reasonOf(key), "ENABLED GRANTED", key);
  }
  for (const key of ["container", "disk-backup-dr", "migration"]) {
    t.is(reasonOf(key), "DISABLED NOT_LICENSED", key);
  }
});

test("US-TE-1: once over with no edition installed it is an ended base", (t) => {
  const reasonOf = preAuthorized([], 180);
  t.is(reasonOf("compute"), "VIEW_ONLY EXPIRED");
  t.is(reasonOf("compute-arm-advanced"), "VIEW_ONLY EXPIRED");
  t.is(reasonOf("isc"), "DISABLED EXPIRED");
});

test("US-TE-1: an edition that has started replaces it for its architecture, the other runs on to day 180", (t) => {
  const before = preAuthorized([X86], 10);
  t.is(before("compute-advanced"), "DISABLED NOT_LICENSED");
  t.is(before("compute-arm-advanced"), "ENABLED GRANTED");
  t.is(before("isc"), "ENABLED GRANTED");
  t.is(before("srm"), "DISABLED PREREQUISITE_NOT_MET");
  const after = preAuthorized([X86], 180);
  t.is(after("compute"), "ENABLED GRANTED");
  t.is(after("compute-arm"), "DISABLED NOT_LICENSED");
  t.is(after("isc"), "DISABLED EXPIRED");
});

test("US-TE-1: an edition replaces it as long as it is installed, ended or not; one to come does not", (t) => {
  t.is(preAuthorized([{ ...X86, end: 5 }], 10)("compute"), "VIEW_ONLY EXPIRED");
  t.is(preAuthorized([{ ...X86, start: 11 }], 10)("compute-advanced"), "ENABLED GRANTED");
});

test("US-TE-1: an isc license that has started replaces its own, and brings its quota", (t) => {
  const usage = { "isc/vms": 5 };
  const isc = formal("isc", { quotas: { vms: 4 } });
  const isOver = (sketches: readonly LicenseSketch[]) => {
    const platform = platformFrom(USPHERE, sketches, usage, { firstStartAt: dayOf(0) });
    return decisionOn(evaluate(USPHERE, platform, dayOf(10)), "isc").reason;
  };
  t.is(isOver([]), "GRANTED");
  t.is(isOver([isc]), "OVER_QUOTA");
  t.is(isOver([{ ...isc, start: 11 }]), "GRANTED");
});

test("LI-4: a base that is pending alone leaves the community edition in force", (t) => {
  const pending = { name: "b", item: "base", edition: "standard", term: "paid", start: 11 } as const;
  const evaluation = evaluate(SHIPPED, platformFrom(SHIPPED, [pending]), dayOf(10));
  t.like(evaluation, { noLicenseInForce: true, edition: "community", status: "VALID" });
});
