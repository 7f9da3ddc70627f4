import test from "ava";
import { planLicenses } from "../../../src/domain/plan.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";

const USPHERE = loadProfile("unicloud-usphere");

/** Each plan as "edition, edition + item". */
function plan(solution: string, version?: string, architecture = "x86"): readonly string[] | string {
  const plans = planLicenses(USPHERE, { solution, version, architecture });
  if ("unknown" in plans) return plans.unknown;
  return plans.map((licenses) =>
    licenses.map(({ item, edition }) => (edition === undefined ? item : `${item} ${edition}`)).join(" + "),
  );
}

test("US-PL-1: the table of recommended licenses, column by column", (t) => {
  t.deepEqual(plan("vms"), ["base standard", "base enterprise", "base enterprise-plus"]);
  t.deepEqual(plan("vms-isc"), ["base enterprise-plus + isc"]);
  t.deepEqual(plan("storage-replication-dr"), ["base enterprise + srm", "base enterprise-plus + srm"]);
  t.deepEqual(plan("disk-backup-dr"), [
    "base enterprise + disk-backup-dr",
    "base enterprise-plus + disk-backup-dr",
  ]);
  t.deepEqual(plan("container"), ["base enterprise + container", "base enterprise-plus + container"]);
});

test("US-PL-1, US-FE-2: migration is planned with standard from E0730P06 to E0750 and from E0760 on, else with enterprise-plus", (t) => {
  for (const version of ["E0730P06", "E0730P07", "E0740", "E0749P99", "E0760", "E0760P01", "E0800"]) {
    t.deepEqual(plan("migration", version), ["base standard + migration"], version);
  }
  for (const version of ["E0710", "E0730", "E0730P05", "E0750", "E0750P03", "E0759"]) {
    t.deepEqual(plan("migration", version), ["base enterprise-plus + migration"], version);
  }
});

test("US-PL-1: in a version that is not known only what is enough in every version is planned", (t) => {
  for (const version of [undefined, "", "E760", "e0760", "E0760 "]) {
    t.deepEqual(plan("migration", version), ["base enterprise-plus + migration"], `${version}`);
  }
});

test("US-PL-1: ARM is planned where the item exists for ARM, and nowhere else", (t) => {
  t.deepEqual(plan("vms", undefined, "arm"), [
    "base-arm standard",
    "base-arm enterprise",
    "base-arm enterprise-plus",
  ]);
  t.deepEqual(plan("storage-replication-dr", undefined, "arm"), [
    "base-arm enterprise + srm-arm",
    "base-arm enterprise-plus + srm-arm",
  ]);
  for (const solution of ["vms-isc", "disk-backup-dr", "migration", "container"]) {
    t.is(plan(solution, "E0760", "arm"), "architecture", solution);
  }
  t.is(plan("vms", undefined, "riscv"), "architecture");
});

test("US-PL-1: what a plan names is what can be bought: unit, packs and title", (t) => {
  const plans = planLicenses(USPHERE, { solution: "migration", version: "E0760", architecture: "x86" });
  t.like("unknown" in plans ? undefined : plans[0], [
    { item: "base", unit: "cpus", packSizes: [] },
    { item: "migration", edition: undefined, unit: "hosts", packSizes: [1n, 10n, 50n, 100n] },
  ]);
});

test("US-PL-1: a solution that the product does not have is none", (t) => {
  t.is(plan("teleport"), "solution");
  t.is(plan(""), "solution");
  const cloud = loadProfile("zstack-cloud");
  t.deepEqual(planLicenses(cloud, { solution: "vms", version: undefined, architecture: "x86" }), {
    unknown: "solution",
  });
});

test("US-PL-1: an item that needs another is planned with it, once", (t) => {
  const isc = USPHERE.items.get("isc");
  const srm = USPHERE.items.get("srm");
  if (isc?.prerequisite === undefined || srm?.prerequisite === undefined) return t.fail();
  const chained = { ...isc, prerequisite: { ...isc.prerequisite, items: ["srm"] } };
  const solution = { name: "all", title: isc.title, items: new Map([["x86", ["isc", "srm"]]]) };
  const profile = {
    ...USPHERE,
    items: new Map([...USPHERE.items, ["isc", chained]]),
    solutions: new Map([["all", solution]]),
  };
  const plans = planLicenses(profile, { solution: "all", version: undefined, architecture: "x86" });
  t.deepEqual("unknown" in plans ? [] : plans.map((licenses) => licenses.map(({ item }) => item)), [
    ["base", "srm", "isc"],
  ]);
});
