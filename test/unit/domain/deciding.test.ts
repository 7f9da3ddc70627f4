import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import type { PlatformFacts } from "../../../src/domain/facts.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, type LicenseSketch, platformFrom } from "../../helpers/installed-licenses.ts";
import { decisionOn } from "../../helpers/properties.ts";

const CLOUD = loadProfile("zstack-cloud");
const USPHERE = loadProfile("unicloud-usphere");

/** How a platform stands on day 10; the first start does not verify, so that no pre-authorization counts. */
function deciding(
  profile: Profile,
  key: string,
  sketches: readonly LicenseSketch[],
  usage: Readonly<Record<string, number>> = {},
  facts: Partial<PlatformFacts> = {},
) {
  const platform = platformFrom(profile, sketches, usage, facts);
  const { reason, licenseIds } = decisionOn(evaluate(profile, platform, dayOf(10)), key);
  return `${reason}: ${licenseIds.join(" ")}`;
}

const paid = (name: string, item: string, quotas?: Readonly<Record<string, number>>): LicenseSketch => ({
  name,
  item,
  term: "paid",
  ...(quotas === undefined ? {} : { quotas }),
});
const base = (name: string, edition: string, cpus = 8): LicenseSketch => ({
  ...paid(name, "base", { cpus }),
  edition,
});
const formal = (name: string, item: string, quotas: Readonly<Record<string, number>>): LicenseSketch => ({
  name,
  item,
  term: "formal",
  quotas,
});
const formalBase = (
  name: string,
  edition: string,
  quotas: Readonly<Record<string, number>>,
  item = "base",
) => ({
  ...formal(name, item, quotas),
  edition,
});

test("EV-5: a module is decided by its license and the base below it", (t) => {
  t.is(deciding(CLOUD, "gpu", [base("b", "standard"), paid("g", "gpu")]), "GRANTED: b g");
});

test("ZC-PL-3: what the edition includes is decided by the base alone, a module license beside it or not", (t) => {
  t.is(deciding(CLOUD, "gpu", [base("b", "enterprise"), paid("g", "gpu")]), "GRANTED: b");
});

test("EV-5: the community edition decides without any license", (t) => {
  t.is(deciding(CLOUD, "compute", []), "GRANTED: ");
  t.is(deciding(CLOUD, "compute", [{ ...base("b", "standard"), start: 20 }]), "GRANTED: ");
});

test("EV-5: a replaced license decides nothing", (t) => {
  t.is(deciding(CLOUD, "compute", [base("old", "standard"), base("new", "standard")]), "GRANTED: new");
});

test("EV-5, ZC-PL-4: a quota that is covered with the help of the VMware meter names both", (t) => {
  const licenses = [base("b", "standard", 8), paid("v", "vmware", { cpus: 4 })];
  const usage = { "base/cpus": 6, "vmware/cpus": 5 };
  t.is(deciding(CLOUD, "compute", licenses, usage), "GRANTED: b v");
  t.is(deciding(CLOUD, "compute", licenses, { "base/cpus": 3, "vmware/cpus": 5 }), "GRANTED: b");
});

test("EV-5: of licenses that add up those that are enough are named, the latest", (t) => {
  const licenses = ["a", "b", "c"].map((name) => formalBase(name, "standard", { cpus: 4 }));
  t.is(deciding(USPHERE, "compute", licenses, { "base/cpus": 4 }), "GRANTED: c");
  t.is(deciding(USPHERE, "compute", licenses, { "base/cpus": 8 }), "GRANTED: b c");
  t.is(deciding(USPHERE, "compute", licenses, { "base/cpus": 12 }), "GRANTED: a b c");
  t.is(deciding(USPHERE, "compute", licenses, { "base/cpus": 13 }), "OVER_QUOTA: c");
});

test("EV-5: several units may need several licenses, each of which covers another", (t) => {
  const licenses = [
    formalBase("hosts", "enterprise", { hosts: 1, cpus: 4, vms: 4 }),
    formalBase("vms", "enterprise", { cpus: 8, vms: 1 }),
  ];
  t.is(deciding(USPHERE, "compute", licenses, { "base/hosts": 4, "base/vms": 4 }), "GRANTED: hosts vms");
});

test("EV-5, US-UP-1: an upgrade is named where the capability needs it", (t) => {
  const licenses = [
    formalBase("s", "standard", { cpus: 4 }),
    { ...formalBase("up", "enterprise", { cpus: 4 }), from: "standard" },
  ];
  t.is(deciding(USPHERE, "compute", licenses), "GRANTED: s");
  t.is(deciding(USPHERE, "compute-advanced", licenses), "GRANTED: s up");
});

test("EV-5, US-TE-4: a lock is decided by the license that ended and one that ran on", (t) => {
  const licenses: LicenseSketch[] = [
    formalBase("b", "standard", { cpus: 4 }),
    { ...formal("t", "isc", { vms: 4 }), term: "temporary", end: 5 },
    formal("f", "isc", { vms: 4 }),
  ];
  t.is(deciding(USPHERE, "compute", licenses), "PLATFORM_LOCKED: b f t");
  t.is(deciding(USPHERE, "compute", licenses, {}, { reacquiredAt: [dayOf(6)] }), "GRANTED: b");
});

test("EV-5, US-TE-4: of locks in two items the one with the later licenses is named", (t) => {
  const lock = (name: string, item: string, end: number): LicenseSketch[] => [
    { ...formal(`${name}-t`, item, { vms: 4 }), term: "temporary", end },
    formal(`${name}-f`, item, { vms: 4 }),
  ];
  const licenses = [
    formalBase("b", "standard", { cpus: 4 }),
    ...lock("isc", "isc", 5),
    ...lock("srm", "srm", 6),
  ];
  t.is(deciding(USPHERE, "compute", licenses), "PLATFORM_LOCKED: b srm-f srm-t");
});

test("EV-5, US-TE-1: a feature on a pre-authorized base names its own license", (t) => {
  const feature = [formal("c", "container", { cpus: 4 })];
  t.is(deciding(USPHERE, "container", feature, {}, { firstStartAt: dayOf(0) }), "GRANTED: c");
});

test("EV-5, US-FE-2: a feature alone meets no prerequisite, so it is named alone; an unknown version names the base", (t) => {
  const standard = formalBase("b", "standard", { cpus: 4 });
  t.is(deciding(USPHERE, "isc", [standard, formal("i", "isc", { vms: 4 })]), "PREREQUISITE_NOT_MET: i");
  const migration = formal("m", "migration", { hosts: 1 });
  t.is(deciding(USPHERE, "migration", [standard, migration]), "VERSION_UNKNOWN: b m");
});

test("EV-5, US-TE-1: an architecture left out names the license of the other", (t) => {
  const arm = formalBase("arm", "standard", { cpus: 4 }, "base-arm");
  t.is(deciding(USPHERE, "compute", [arm]), "NOT_LICENSED: arm");
});

test("EV-5: hundreds of licenses that are needed together are found, and no others", (t) => {
  const names = Array.from({ length: 200 }, (_, n) => `l${String(n).padStart(3, "0")}`);
  const licenses = names.map((name) => formalBase(name, "standard", { cpus: 1 }));
  const expected = `GRANTED: ${names.slice(50).join(" ")}`;
  t.is(deciding(USPHERE, "compute", licenses, { "base/cpus": 150 }), expected);
});
