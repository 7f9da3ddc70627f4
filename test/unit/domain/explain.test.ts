import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { explainCapability } from "../../../src/domain/explain.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { type LicenseText, type PlatformText, toInstant, toPlatform } from "../../helpers/conformance.ts";

const ORIGIN = "2026-01-01T00:00:00Z";
const BASE: LicenseText = {
  name: "base",
  item: "base",
  edition: "standard",
  term: "paid",
  end: 30,
  quotas: { cpus: 8 },
};
const GPU: LicenseText = { name: "gpu", item: "gpu", term: "paid", end: 60 };
const USPHERE: LicenseText = {
  name: "standard",
  item: "base",
  edition: "standard",
  term: "formal",
  quotas: { cpus: 8 },
};

/** How a capability is explained on a day; licenses go by "id-1", "id-2", in the order of upload. */
function explained(
  licenses: readonly LicenseText[],
  day: number,
  key = "gpu",
  product = "zstack-cloud",
  facts: Partial<PlatformText> = {},
) {
  const profile = loadProfile(product);
  const text = { firstStart: -400, version: undefined, usage: {}, reacquired: [], ...facts, licenses };
  const platform = toPlatform(profile, ORIGIN, text);
  const named = platform.licenses.map((license, index) => ({ ...license, id: `id-${index + 1}` }));
  const evaluation = evaluate(profile, { ...platform, licenses: named }, toInstant(ORIGIN, day));
  const { explanation, remedy } = explainCapability(profile, evaluation, key);
  return { explanation, remedy };
}

test("EV-5: what is granted names its licenses and needs no remedy", (t) => {
  t.deepEqual(explained([BASE, GPU], 10), {
    explanation: "License id-1 (base standard, paid) and license id-2 (gpu, paid) give it.",
    remedy: "",
  });
});

test("EV-5: what the no-license state gives says so, by its name", (t) => {
  t.is(explained([], 10, "compute").explanation, "Community gives it without a license.");
  const preAuthorized = explained([], 10, "isc", "unicloud-usphere", { firstStart: 0 });
  t.is(preAuthorized.explanation, "Pre-authorization gives it without a license.");
});

test("EV-5: a no-license state that is over says so, and to renew", (t) => {
  const { explanation, remedy } = explained([], 31, "compute", "zstack-zsphere", { firstStart: 0 });
  t.is(explanation, "Basic edition, trial is over.");
  t.regex(remedy, /^Renew the base license: /);
});

test("EV-5: what no license gives names the ways to get it", (t) => {
  t.deepEqual(explained([BASE], 10), {
    explanation:
      "The base license, edition standard, does not include it, and no module that gives it is installed.",
    remedy:
      "Get the module gpu, or a license for base of edition enterprise: send the request code to the vendor and upload the license that comes back.",
  });
});

test("EV-5: a module on an ended base says which of the two to renew", (t) => {
  t.deepEqual(explained([BASE, GPU], 40), {
    explanation:
      "License id-2 (gpu, paid) runs, but the base license below it ended at 2026-01-31T00:00:00.000Z.",
    remedy:
      "Renew the base license: send the request code to the vendor and upload the license that comes back.",
  });
});

test("EV-5: an ended module says to renew the module", (t) => {
  const { explanation, remedy } = explained([{ ...BASE, end: 365 }, GPU], 90);
  t.is(explanation, "License id-2 (gpu, paid) ended at 2026-03-02T00:00:00.000Z.");
  t.regex(remedy, /^Renew the module license: /);
});

test("EV-5: a module without a base says to get a base", (t) => {
  const { explanation, remedy } = explained([GPU], 10);
  t.is(explanation, "License id-1 (gpu, paid) is installed, but no base license is in force below it.");
  t.regex(remedy, /^Get a base license: /);
});

test("LI-4, EV-6: a license to come is named with its start, and needs no action", (t) => {
  const { explanation, remedy } = explained([BASE, { ...GPU, start: 20 }], 10);
  t.is(explanation, "License id-2 (gpu, paid) is installed and starts at 2026-01-21T00:00:00.000Z.");
  t.regex(
    remedy,
    /^License id-2 \(gpu, paid\) is installed and counts from 2026-01-21T00:00:00\.000Z without any action; /,
  );
});

test("EV-5: an unknown capability says to check its spelling", (t) => {
  const { explanation, remedy } = explained([BASE], 10, "teleportation");
  t.is(explanation, "ZStack Cloud has no capability of this name.");
  t.regex(remedy, /^Check the spelling/);
});

test("EV-5, EV-7: over quota says by which meter, and how much is in use", (t) => {
  const { explanation, remedy } = explained([BASE, GPU], 10, "gpu", "zstack-cloud", {
    usage: { "base/cpus": 11 },
  });
  t.is(explanation, "More is in use than the licenses allow: 11 of 8 base/cpus.");
  t.regex(remedy, /^Delete or migrate away what is in use beyond the quota, or get more: /);
});

test("EV-5, ZC-PL-4: VMware beyond its meter says what it does to the base", (t) => {
  const vmware: LicenseText = { name: "vmware", item: "vmware", term: "paid", quotas: { cpus: 2 } };
  const { explanation } = explained([BASE, vmware], 10, "vmware", "zstack-cloud", {
    usage: { "base/cpus": 8, "vmware/cpus": 3 },
  });
  t.is(explanation, "More is in use than the licenses allow: 9 of 8 base/cpus.");
});

test("EV-5, US-FE-2: a prerequisite that is not met says what is needed and what there is", (t) => {
  const isc: LicenseText = { name: "isc", item: "isc", term: "formal", quotas: { vms: 10 } };
  const { explanation, remedy } = explained([USPHERE, isc], 10, "isc", "unicloud-usphere");
  t.regex(explanation, /it needs edition enterprise-plus of base or base-arm .*base is standard/);
  t.regex(remedy, /^Get what it needs: /);
});

test("EV-5, US-FE-2: a version that is not known says which setting tells it", (t) => {
  const migration: LicenseText = { name: "m", item: "migration", term: "formal", quotas: { hosts: 10 } };
  const { explanation, remedy } = explained([USPHERE, migration], 10, "migration", "unicloud-usphere");
  t.regex(explanation, /standard or enterprise from version E0730P06 and before E0750/);
  t.regex(explanation, /depends on the product version, which is not known/);
  t.is(remedy, "Set LICENSE_PRODUCT_VERSION to the version of the product.");
});

test("EV-5, US-TE-4: a lock names the license that ended, and says how to lift it", (t) => {
  const temporary: LicenseText = { ...USPHERE, name: "temporary", term: "temporary", end: 30 };
  const { explanation, remedy } = explained([USPHERE, temporary], 30, "compute", "unicloud-usphere");
  t.is(
    explanation,
    "The platform is locked until its licenses are re-acquired: license id-2 (base standard, temporary) ended at 2026-01-31T00:00:00.000Z while others of its item run on.",
  );
  t.is(remedy, "Re-acquire the licenses: `licensectl reload`, or upload a new one.");
});

test("EV-5, US-UP-1: what an upgrade gives names the upgrade", (t) => {
  const upgrade: LicenseText = {
    ...USPHERE,
    name: "upgrade",
    edition: "enterprise",
    fromEdition: "standard",
  };
  const { explanation } = explained([USPHERE, upgrade], 10, "compute-advanced", "unicloud-usphere");
  t.regex(
    explanation,
    /^License id-1 \(base standard, formal\) and license id-2 \(base standard to enterprise, upgrade\) give it\.$/,
  );
});
