/** What the four products sell, against the tables of rules section 1 and the sources. */
import test from "ava";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile, PROFILE_NAMES } from "../../../src/profiles/load-profile.ts";

const CLOUD = loadProfile("zstack-cloud");
const ZSPHERE = loadProfile("zstack-zsphere");
const ZSTACK3 = loadProfile("zstack-3");
const USPHERE = loadProfile("unicloud-usphere");
const BASIC = ["compute", "network", "storage"];
const ADVANCED = ["compute-advanced", "network-advanced", "storage-advanced"];

/** "<base>/<edition>/<term>" of everything that a profile sells as a base, with what it gives beyond the basics. */
function soldBases(profile: Profile): Record<string, string> {
  const sold = [...profile.bases.values()].flatMap((base) =>
    [...base.editions.values()].flatMap(({ name, terms }) =>
      [...terms].map(([term, { includes, requiredUnits, hasService }]) => {
        const suffix = base.architecture === "arm" ? "-arm" : "";
        const has = (keys: readonly string[]) =>
          keys.every((key) => includes.includes(key.replace(/^[a-z]+/, `$&${suffix}`)));
        const level = has(ADVANCED) ? "complete" : has(BASIC) ? "basic" : "none";
        const service = hasService ? "service" : "no service";
        const units = requiredUnits.join(" or ") || "no unit";
        return [`${base.item}/${name}/${term}`, `${level}, ${units}, ${service}`] as const;
      }),
    ),
  );
  return Object.fromEntries(sold);
}

test("every product sells the editions of section 1 on their terms, with their units", (t) => {
  t.deepEqual(soldBases(CLOUD), {
    "base/standard/paid": "complete, cpus, service",
    "base/enterprise/trial": "complete, no unit, no service",
    "base/enterprise/paid": "complete, cpus, service",
  });
  t.deepEqual(soldBases(ZSPHERE), {
    "base/basic/trial": "basic, no unit, no service",
    "base/basic/paid": "basic, cpus or hosts, service",
    "base/advanced/paid": "complete, cpus or hosts, service",
  });
  t.deepEqual(soldBases(ZSTACK3), {
    "base/enterprise/trial": "complete, no unit, no service",
    "base/enterprise/paid": "complete, cpus or hosts, service",
    "base/hybrid/trial": "complete, no unit, no service",
    "base/hybrid/paid": "complete, cpus or hosts, service",
  });
  const usphere = ["base", "base-arm"].flatMap((base) =>
    ["standard", "enterprise", "enterprise-plus"].flatMap((edition) =>
      ["temporary", "formal"].map((term) => [
        `${base}/${edition}/${term}`,
        `${edition === "standard" ? "basic" : "complete"}, cpus, service`,
      ]),
    ),
  );
  t.deepEqual(soldBases(USPHERE), Object.fromEntries(usphere));
});

test("ZC-ED-3, ZV-ED-1: trials have the numbers of their products", (t) => {
  const numbersOf = (profile: Profile, edition: string) =>
    profile.bases.get("base")?.editions.get(edition)?.terms.get("trial")?.trial;
  t.deepEqual(numbersOf(CLOUD, "enterprise"), { quotas: new Map([["hosts", 1n]]), days: 365 });
  t.deepEqual(numbersOf(ZSPHERE, "basic"), { quotas: new Map([["hosts", 1n]]), days: 30 });
  t.is(numbersOf(ZSTACK3, "enterprise"), undefined);
});

test("ZC-ED-1, ZV-ED-1, US-TE-1: without a base license each product gives what section 1 says", (t) => {
  const given = [CLOUD, ZSPHERE, ZSTACK3, USPHERE].map(({ noLicense: { bases, days, items } }) => {
    const { edition, quotas } = bases.get("base") ?? {};
    return { edition, quotas: Object.fromEntries(quotas ?? []), days, items };
  });
  t.deepEqual(given, [
    { edition: "community", quotas: {}, days: undefined, items: [] },
    { edition: "basic", quotas: { hosts: 1n }, days: 30, items: [] },
    { edition: "community", quotas: {}, days: undefined, items: [] },
    { edition: "enterprise-plus", quotas: {}, days: 180, items: ["isc", "srm", "srm-arm"] },
  ]);
  for (const { noLicense } of [CLOUD, ZSPHERE, ZSTACK3]) {
    t.deepEqual([...(noLicense.bases.get("base")?.capabilities ?? [])].sort(), BASIC);
  }
  const arm = USPHERE.noLicense.bases.get("base-arm");
  t.is(arm?.edition, "enterprise-plus");
  t.is(arm?.capabilities.length, 6);
});

test("reminders, merge, lock, keys and deletion are those of the products", (t) => {
  const of = ({ reminders, merge, locks, usbKeys, modulesNeedBase, deletableTerms }: Profile) =>
    `${reminders.licenseDays}/${reminders.serviceDays} ${merge} ${locks} ${usbKeys} ${modulesNeedBase} ${deletableTerms}`;
  t.is(of(CLOUD), "15/30 replacement false true true trial,paid");
  t.is(of(ZSPHERE), "15/30 replacement false true true trial,paid");
  t.is(of(ZSTACK3), "14/30 replacement false true true trial,paid");
  t.is(of(USPHERE), "30/30 sum true false false ");
});

test("no shipped product counts USB keys that cannot prove themselves", (t) => {
  t.true(PROFILE_NAMES.map(loadProfile).every(({ usbKeysWithoutProof }) => !usbKeysWithoutProof));
});

/** Items of a profile: kind, terms, required units, what they give. */
function soldItems(profile: Profile): Record<string, string> {
  const items = [...profile.items.values()].map(({ name, kind, terms, gives, requiredUnits }) => {
    return [name, `${kind} ${terms} ${requiredUnits.join(" or ") || "-"} ${gives.join() || "-"}`] as const;
  });
  return Object.fromEntries(items);
}

test("ZC-PL-1: ZStack Cloud sells twenty items, each meter with its unit", (t) => {
  const sold = soldItems(CLOUD);
  t.is(Object.keys(sold).length, 20);
  t.like(sold, {
    vmware: "module paid cpus -",
    arm64: "module paid hosts arm64",
    backup: "module paid vms backup",
    cdp: "module paid - cdp",
    migration: "module paid - migration",
    "elastic-baremetal": "module paid hosts elastic-baremetal",
    "container-vcpu": "module paid vcpus container",
    "service-5x8": "service paid - -",
  });
  t.deepEqual([...(CLOUD.items.get("vmware")?.overflow ?? [])], [["cpus", "base/cpus"]]);
  t.deepEqual(CLOUD.items.get("cdp")?.units, ["vms"]);
});

test("ZC-ED-4, ZC-PL-3: enterprise includes six modules that are sold on top of standard", (t) => {
  const terms = (edition: string) =>
    CLOUD.bases.get("base")?.editions.get(edition)?.terms.get("paid")?.includes;
  const standard = terms("standard") ?? [];
  t.deepEqual((terms("enterprise") ?? []).filter((key) => !standard.includes(key)).sort(), [
    "autoscaling",
    "billing",
    "gpu",
    "orchestration",
    "smart-nic",
    "sriov",
  ]);
});

test("ZL-1: ZStack 3.0 sells four modules, ZSphere a term of service", (t) => {
  t.deepEqual(soldItems(ZSTACK3), {
    "enterprise-management": "module paid - enterprise-management",
    vmware: "module paid cpus vmware",
    baremetal: "module paid hosts baremetal",
    backup: "module paid vms backup",
  });
  t.deepEqual(soldItems(ZSPHERE), { "service-7x24": "service paid - -" });
  t.is(ZSTACK3.items.get("vmware")?.overflow.size, 0);
});

test("US-FE-1, US-FE-2: Usphere sells six features with their units, packs and prerequisites", (t) => {
  t.deepEqual(soldItems(USPHERE), {
    isc: "module temporary,formal vms isc",
    srm: "module temporary,formal vms srm",
    "srm-arm": "module temporary,formal vms srm-arm",
    container: "module temporary,formal cpus container",
    "disk-backup-dr": "module temporary,formal hosts disk-backup-dr",
    migration: "module formal hosts migration",
  });
  for (const name of ["disk-backup-dr", "migration"]) {
    t.deepEqual(USPHERE.items.get(name)?.packSizes, [1n, 10n, 50n, 100n]);
  }
  const enough = (name: string) => {
    const { bases = [], editions = [] } = USPHERE.items.get(name)?.prerequisite ?? {};
    return `${bases} ${editions}`;
  };
  t.is(enough("isc"), "base,base-arm enterprise-plus");
  t.is(enough("srm"), "base enterprise,enterprise-plus");
  t.is(enough("srm-arm"), "base-arm enterprise,enterprise-plus");
  t.is(enough("container"), "base,base-arm enterprise,enterprise-plus");
  t.is(enough("disk-backup-dr"), "base,base-arm enterprise,enterprise-plus");
  t.is(enough("migration"), "base,base-arm enterprise-plus");
  t.deepEqual(USPHERE.items.get("migration")?.prerequisite?.versions, [
    { from: "E0730P06", before: "E0750", editions: ["standard", "enterprise"] },
    { from: "E0760", before: undefined, editions: ["standard", "enterprise"] },
  ]);
});

test("US-UP-1: Usphere sells three upgrades for each architecture, the others none", (t) => {
  for (const base of USPHERE.bases.values()) {
    t.deepEqual(Object.fromEntries(base.upgrades), {
      standard: ["enterprise", "enterprise-plus"],
      enterprise: ["enterprise-plus"],
    });
  }
  for (const { bases } of [CLOUD, ZSPHERE, ZSTACK3]) t.is(bases.get("base")?.upgrades.size, 0);
});

test("US-PL-1: Usphere has six solutions, for ARM those whose items there are for ARM", (t) => {
  const solutions = [...USPHERE.solutions.values()].map(({ name, items }) => {
    return [name, Object.fromEntries(items)] as const;
  });
  t.deepEqual(Object.fromEntries(solutions), {
    vms: { x86: [], arm: [] },
    "vms-isc": { x86: ["isc"] },
    "storage-replication-dr": { x86: ["srm"], arm: ["srm-arm"] },
    "disk-backup-dr": { x86: ["disk-backup-dr"] },
    migration: { x86: ["migration"] },
    container: { x86: ["container"] },
  });
});

test("the same key is the same capability in every product: domain and, but for Usphere's, meters", (t) => {
  for (const profile of [ZSPHERE, ZSTACK3, USPHERE]) {
    for (const [key, { domain, meters }] of profile.capabilities) {
      const same = CLOUD.capabilities.get(key);
      if (same === undefined) continue;
      t.is(domain, same.domain, `${profile.name} ${key}`);
      if (key === "container" || key === "migration") continue;
      t.deepEqual(meters, same.meters, `${profile.name} ${key}`);
    }
  }
  t.deepEqual(USPHERE.capabilities.get("container")?.meters, ["container/cpus"]);
  t.deepEqual(USPHERE.capabilities.get("migration")?.meters, ["migration/hosts"]);
  t.deepEqual(USPHERE.capabilities.get("compute-arm")?.meters, ["base-arm/cpus"]);
});
