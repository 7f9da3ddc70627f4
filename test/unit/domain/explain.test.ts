import test from "ava";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { explainCapability } from "../../../src/domain/explain.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { type LicenseText, toInstalled, toInstant } from "../../helpers/conformance.ts";

const ORIGIN = "2026-01-01T00:00:00Z";
const PROFILE = loadProfile("zstack-cloud");
const BASE: LicenseText = {
  name: "base",
  item: "base",
  edition: "standard",
  term: "paid",
  end: 30,
  quotas: { cpus: 8 },
};
const GPU: LicenseText = { name: "gpu", item: "gpu", term: "paid", end: 60 };

function explained(licenses: readonly LicenseText[], day: number, key = "gpu") {
  const at = toInstant(ORIGIN, day);
  const installed = toInstalled(PROFILE, ORIGIN, licenses).map((license, index) => ({
    ...license,
    id: `id-${index + 1}`,
  }));
  const facts = { firstStartAt: 0, productVersion: undefined };
  const { explanation, remedy } = explainCapability(PROFILE, evaluate(PROFILE, installed, facts, at), key);
  return { explanation, remedy };
}

test("EV-5: what is granted names its licenses and needs no remedy", (t) => {
  t.deepEqual(explained([BASE, GPU], 10), {
    explanation: "License id-1 (base standard, paid) and license id-2 (gpu, paid) give it.",
    remedy: "",
  });
});

test("EV-5: what the community edition gives says so", (t) => {
  t.is(explained([], 10, "compute").explanation, "The community edition gives it without a license.");
});

test("EV-5: what no license gives names the ways to get it", (t) => {
  t.deepEqual(explained([BASE], 10), {
    explanation:
      "The base license, edition standard, does not include it, and no module that gives it is installed.",
    remedy:
      "Get the module gpu, or a base license of edition enterprise: send the request code to the vendor and upload the license that comes back.",
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
