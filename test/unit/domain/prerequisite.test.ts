import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { dayOf, type LicenseSketch, platformFrom } from "../../helpers/installed-licenses.ts";
import { decisionOn } from "../../helpers/properties.ts";

const PROFILE = loadProfile("unicloud-usphere");

function reasonOf(feature: string, sketches: readonly LicenseSketch[], productVersion?: string): string {
  const item: LicenseSketch = { name: feature, item: feature, term: "formal" };
  const platform = platformFrom(PROFILE, [...sketches, item], {}, { productVersion });
  return decisionOn(evaluate(PROFILE, platform, dayOf(10)), feature).reason;
}

const base = (edition: string, item = "base"): LicenseSketch => ({
  name: `${item} ${edition}`,
  item,
  edition,
  term: "formal",
  quotas: { cpus: 4 },
});

for (const [feature, standard, enterprise, plus] of [
  ["isc", false, false, true],
  ["srm", false, true, true],
  ["container", false, true, true],
  ["disk-backup-dr", false, true, true],
] as const) {
  test(`US-FE-2: ${feature} needs ${enterprise ? "enterprise or enterprise-plus" : "enterprise-plus"}`, (t) => {
    const reasons = ["standard", "enterprise", "enterprise-plus"].map((one) =>
      reasonOf(feature, [base(one)]),
    );
    const expected = [standard, enterprise, plus].map((is) => (is ? "GRANTED" : "PREREQUISITE_NOT_MET"));
    t.deepEqual(reasons, expected);
  });
}

test("US-FE-2: the edition of any architecture serves, but for srm", (t) => {
  const arm = [base("standard"), base("enterprise-plus", "base-arm")];
  for (const feature of ["isc", "container", "disk-backup-dr", "migration"]) {
    t.is(reasonOf(feature, arm), "GRANTED", feature);
  }
  t.is(reasonOf("srm", arm), "PREREQUISITE_NOT_MET");
  t.is(reasonOf("srm-arm", arm), "GRANTED");
  t.is(reasonOf("srm-arm", [base("enterprise-plus")]), "PREREQUISITE_NOT_MET");
});

for (const [version, reason] of [
  ["E0730P05", "PREREQUISITE_NOT_MET"],
  ["E0730P06", "GRANTED"],
  ["E0749", "GRANTED"],
  ["E0750", "PREREQUISITE_NOT_MET"],
  ["E0759P99", "PREREQUISITE_NOT_MET"],
  ["E0760", "GRANTED"],
] as const) {
  test(`US-FE-2: migration beside standard in ${version}: ${reason}`, (t) => {
    t.is(reasonOf("migration", [base("standard")], version), reason);
    t.is(reasonOf("migration", [base("enterprise")], version), reason);
    t.is(reasonOf("migration", [base("enterprise-plus")], version), "GRANTED");
  });
}

test("US-FE-2: in a version that is not known enterprise-plus is enough, and less is not enabled", (t) => {
  for (const version of [undefined, "7.5"]) {
    t.is(reasonOf("migration", [base("standard")], version), "VERSION_UNKNOWN");
    t.is(reasonOf("migration", [base("enterprise")], version), "VERSION_UNKNOWN");
    t.is(reasonOf("migration", [base("enterprise-plus")], version), "GRANTED");
  }
});

test("US-FE-2, US-TE-1: a base to come does not serve, a pre-authorization that is over does as an ended base", (t) => {
  const toCome = { ...base("standard"), start: 20 };
  t.is(reasonOf("migration", [toCome], "E0760"), "BASE_EXPIRED");
  t.is(reasonOf("migration", [toCome, { ...base("standard", "base-arm"), end: 5 }], "E0740"), "BASE_EXPIRED");
  t.is(
    reasonOf("migration", [toCome, { ...base("standard", "base-arm"), end: 5 }], "E0750"),
    "PREREQUISITE_NOT_MET",
  );
});

test("US-FE-2: an ended base serves only when none runs", (t) => {
  const ended = { ...base("enterprise-plus"), end: 5 };
  t.is(reasonOf("isc", [ended]), "BASE_EXPIRED");
  t.is(reasonOf("isc", [ended, base("standard", "base-arm")]), "PREREQUISITE_NOT_MET");
});

test("US-FE-2, US-UP-1: an upgrade that has started counts, one to come does not", (t) => {
  const upgrade = { ...base("enterprise-plus"), name: "up", from: "standard" };
  t.is(reasonOf("isc", [base("standard"), upgrade]), "GRANTED");
  t.is(reasonOf("isc", [base("standard"), { ...upgrade, start: 11 }]), "PREREQUISITE_NOT_MET");
});
