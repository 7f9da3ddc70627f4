import test from "ava";
import { alertNames } from "../../../src/domain/alert-names.ts";
import { alertsAt, type DomainAlert } from "../../../src/domain/alerts.ts";
import type { License } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile, PROFILE_NAMES } from "../../../src/profiles/load-profile.ts";
import { day, installed, type LicenseText, makeLicense } from "./_licenses.ts";

const CLOUD = loadProfile("zstack-cloud");
const ZSPHERE = loadProfile("zstack-zsphere");
const USPHERE = loadProfile("unicloud-usphere");

const STANDARD = { item: "base", edition: "standard", term: "paid", quotas: { cpus: 8 } } as const;
const ENTERPRISE = { ...STANDARD, edition: "enterprise" } as const;
const GPU = { item: "gpu", term: "paid" } as const;

interface Parts {
  readonly usage?: Readonly<Record<string, number>>;
  readonly firstStartAt?: number | undefined;
  readonly reacquiredAt?: readonly number[];
}

/** The alerts of a platform on a day; its first start was long ago unless a test says otherwise. */
function alertsOn(profile: Profile, at: number, licenses: readonly LicenseText[], parts: Parts = {}) {
  const { usage = {}, reacquiredAt = [] } = parts;
  const firstStartAt = "firstStartAt" in parts ? parts.firstStartAt : day(-1000);
  const platform = {
    licenses: installed(...licenses.map((text): License => makeLicense(profile, text))),
    facts: { firstStartAt, productVersion: undefined, reacquiredAt },
    usage: new Map(Object.entries(usage).map(([meter, amount]) => [meter, BigInt(amount)])),
  };
  return alertsAt(profile, platform, at);
}

function namesOf(alerts: readonly DomainAlert[]): readonly string[] {
  return alerts.map(({ kind, subject }) => `${kind} ${subject}`);
}

function namesOn(...asked: Parameters<typeof alertsOn>): readonly string[] {
  return namesOf(alertsOn(...asked));
}

/** The main edition that each product sells for a time. */
const SOLD: Readonly<Record<string, LicenseText>> = {
  "zstack-cloud": STANDARD,
  "zstack-zsphere": { item: "base", edition: "basic", term: "paid", quotas: { cpus: 8 } },
  "zstack-3": { item: "base", edition: "enterprise", term: "paid", quotas: { cpus: 8 } },
  "unicloud-usphere": { item: "base", edition: "standard", term: "temporary", quotas: { cpus: 8 } },
};

for (const name of PROFILE_NAMES) {
  const profile = loadProfile(name);
  const { licenseDays, serviceDays } = profile.reminders;
  const sold = SOLD[name] ?? STANDARD;

  test(`ZV-AL-1, ZL-5: ${name} reminds with less than ${licenseDays} d of license left, to the millisecond`, (t) => {
    const begins = day(400 - licenseDays);
    const license = { ...sold, endsAt: day(400) };
    t.deepEqual(namesOn(profile, begins, [license]), [], "so many days are not less");
    const [alert, ...others] = alertsOn(profile, begins + 1, [license]);
    t.deepEqual(others, []);
    t.like(alert, { kind: "LICENSE_TO_EXPIRE", severity: "WARNING", subject: "base" });
    t.like(alert, { since: begins + 1, dueAt: day(400) });
    t.deepEqual(namesOn(profile, day(400) - 1, [license]), ["LICENSE_TO_EXPIRE base"]);
    t.deepEqual(namesOn(profile, day(400), [license]), ["LICENSE_EXPIRED base"], "it has ended at its end");
  });

  test(`ZV-AL-1: ${name} reminds with ${serviceDays} d of service left or less, the ${serviceDays}th included`, (t) => {
    const begins = day(400 - serviceDays);
    const license = { ...sold, serviceEndsAt: day(400), endsAt: day(900) };
    t.deepEqual(namesOn(profile, begins - 1, [license]), []);
    const [alert, ...others] = alertsOn(profile, begins, [license]);
    t.deepEqual(others, []);
    t.like(alert, { kind: "SERVICE_TO_EXPIRE", subject: "base", since: begins, dueAt: day(400) });
    t.deepEqual(namesOn(profile, day(400), [license]), ["SERVICE_EXPIRED base"]);
  });
}

const AT = day(95);

test("EV-9: a renewal that is installed and takes over without a gap silences a reminder", (t) => {
  const ending = { ...STANDARD, endsAt: day(100) };
  t.deepEqual(namesOn(CLOUD, AT, [ending]), ["LICENSE_TO_EXPIRE base"]);
  t.deepEqual(namesOn(CLOUD, AT, [ending, { ...STANDARD, startsAt: day(100), endsAt: day(400) }]), []);
  t.deepEqual(namesOn(CLOUD, AT, [ending, { ...STANDARD, startsAt: day(50), endsAt: day(400) }]), []);
});

test("EV-9: quotas do not matter: a renewal for fewer CPUs silences as well", (t) => {
  const ending = { ...STANDARD, endsAt: day(100) };
  const smaller = { ...STANDARD, quotas: { cpus: 1 }, startsAt: day(100), endsAt: day(400) };
  t.deepEqual(namesOn(CLOUD, AT, [ending, smaller]), []);
});

test("EV-9: after a gap of a millisecond the reminder stands, and names the license that is to come", (t) => {
  const ending = { ...STANDARD, endsAt: day(100) };
  const late = { ...STANDARD, id: "late", startsAt: day(100) + 1, endsAt: day(400) };
  const [reminder] = alertsOn(CLOUD, AT, [ending, late]);
  t.like(reminder, { kind: "LICENSE_TO_EXPIRE", dueAt: day(100) });
  t.regex(reminder?.remedy ?? "", /License late \(base standard\) is installed and counts from/);
});

test("EV-9: a lesser edition that goes on silences nothing, a greater one does", (t) => {
  const enterprise = { ...ENTERPRISE, endsAt: day(100) };
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, enterprise]), ["LICENSE_TO_EXPIRE base"]);
  t.deepEqual(namesOn(CLOUD, AT, [ENTERPRISE, { ...STANDARD, endsAt: day(100) }]), []);
});

test("EV-9: modules that go on count towards what follows a lesser edition", (t) => {
  const six = ["sriov", "gpu", "billing", "orchestration", "autoscaling", "smart-nic"];
  const modules = six.map((item) => ({ item, term: "paid" as const }));
  const enterprise = { ...ENTERPRISE, endsAt: day(100) };
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, enterprise, ...modules]), []);
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, enterprise, ...modules.slice(1)]), ["LICENSE_TO_EXPIRE base"]);
});

test("EV-9: an end counts from where the successors end, reminders of several windows being one", (t) => {
  const first = { ...STANDARD, endsAt: day(50) };
  const second = { ...STANDARD, startsAt: day(50), endsAt: day(100) };
  t.deepEqual(namesOn(CLOUD, day(45), [first, second]), []);
  t.like(alertsOn(CLOUD, AT, [first, second])[0], { kind: "LICENSE_TO_EXPIRE", dueAt: day(100) });
});

test("EV-9: a license of a few days reminds since it began, not since before", (t) => {
  const short = { ...GPU, startsAt: day(94), endsAt: day(100) };
  t.like(alertsOn(CLOUD, AT, [STANDARD, short])[0], { kind: "MODULE_TO_EXPIRE", since: day(94) });
  const following = { ...GPU, startsAt: day(90), endsAt: day(94) };
  t.like(alertsOn(CLOUD, AT, [STANDARD, short, following])[0], { since: day(90) });
});

test("EV-9, ZC-PL-3: a module reminds beside standard, and not beside enterprise, which includes it", (t) => {
  const gpu = { ...GPU, endsAt: day(100) };
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, gpu]), ["MODULE_TO_EXPIRE gpu"]);
  t.deepEqual(namesOn(CLOUD, AT, [ENTERPRISE, gpu]), []);
  t.deepEqual(namesOn(CLOUD, day(120), [STANDARD, gpu]), ["MODULE_EXPIRED gpu"]);
  t.deepEqual(namesOn(CLOUD, day(120), [ENTERPRISE, gpu]), []);
});

test("EV-9: what counts is the edition at the module's end, not that of today", (t) => {
  const gpu = { ...GPU, endsAt: day(100) };
  const enterpriseUntil = { ...ENTERPRISE, endsAt: day(99) };
  const enterpriseFrom = { ...ENTERPRISE, startsAt: day(99) };
  t.true(namesOn(CLOUD, AT, [STANDARD, enterpriseUntil, gpu]).includes("MODULE_TO_EXPIRE gpu"));
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, enterpriseFrom, gpu]), []);
});

test("EV-9: a base and a module that end together are both reminded of", (t) => {
  const licenses = [
    { ...STANDARD, endsAt: day(100) },
    { ...GPU, endsAt: day(100) },
  ];
  t.deepEqual(namesOn(CLOUD, AT, licenses), ["LICENSE_TO_EXPIRE base", "MODULE_TO_EXPIRE gpu"]);
});

test("ZC-PL-4, ZC-ED-3: a module that gives only a meter reminds, but not beside a trial that limits none", (t) => {
  const vmware = { item: "vmware", term: "paid", quotas: { cpus: 4 }, endsAt: day(100) } as const;
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, vmware]), ["MODULE_TO_EXPIRE vmware"]);
  t.deepEqual(namesOn(CLOUD, day(120), [STANDARD, vmware]), ["MODULE_EXPIRED vmware"]);
  const trial = { item: "base", edition: "enterprise", term: "trial" } as const;
  t.deepEqual(namesOn(CLOUD, AT, [trial, vmware]), []);
});

test("ZC-PL-5: each of two modules for one capability reminds of its own end", (t) => {
  const cpu = { item: "container-cpu", term: "paid", quotas: { cpus: 4 }, endsAt: day(100) } as const;
  const vcpu = { item: "container-vcpu", term: "paid", quotas: { vcpus: 4 } } as const;
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, cpu, vcpu]), ["MODULE_TO_EXPIRE container-cpu"]);
});

test("EV-10: an expired alert stands until the license is renewed or deleted", (t) => {
  const ended = { ...GPU, endsAt: day(100) };
  const [alert] = alertsOn(CLOUD, day(5000), [STANDARD, ended]);
  t.like(alert, { kind: "MODULE_EXPIRED", severity: "CRITICAL", since: day(100), dueAt: undefined });
  t.deepEqual(namesOn(CLOUD, day(5000), [STANDARD, ended, { ...GPU, startsAt: day(4000) }]), []);
  t.deepEqual(namesOn(CLOUD, day(5000), [STANDARD]), []);
});

test("EV-10: a module that ended stands also when no base is left below it, while its reminder would say nothing", (t) => {
  const gpu = { ...GPU, endsAt: day(100) };
  t.deepEqual(namesOn(CLOUD, AT, [gpu]), [], "without a base it gives nothing");
  t.deepEqual(namesOn(CLOUD, day(120), [gpu]), ["MODULE_EXPIRED gpu"]);
  const enterprise = { ...ENTERPRISE, endsAt: day(110) };
  t.deepEqual(
    namesOn(CLOUD, day(120), [enterprise, gpu]),
    ["LICENSE_EXPIRED base"],
    "ZC-PL-3: it follows the base",
  );
});

test("EV-10: the renewal of an expired license that is still to come is named", (t) => {
  const [alert] = alertsOn(CLOUD, day(120), [
    { ...STANDARD, endsAt: day(100) },
    { ...STANDARD, id: "coming", startsAt: day(130) },
  ]);
  t.is(alert?.kind, "LICENSE_EXPIRED");
  t.regex(alert?.remedy ?? "", /License coming .* counts from 2026-05-11T00:00:00\.000Z/);
});

test("ZC-PL-6: a service that follows without a gap silences, and the last of the line is reminded of", (t) => {
  const first = { item: "service-5x8", term: "paid", endsAt: day(100) } as const;
  const second = { item: "service-7x24", term: "paid", startsAt: day(100), endsAt: day(120) } as const;
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, first]), ["SERVICE_TO_EXPIRE service-5x8"]);
  const [reminder] = alertsOn(CLOUD, AT, [STANDARD, first, second]);
  t.like(reminder, { kind: "SERVICE_TO_EXPIRE", subject: "service-7x24", dueAt: day(120) });
  t.deepEqual(namesOn(CLOUD, AT, [STANDARD, first, { ...second, endsAt: day(400) }]), []);
  t.deepEqual(namesOn(CLOUD, day(200), [STANDARD, first, second]), ["SERVICE_EXPIRED service-7x24"]);
});

test("EV-9: the end of a trial from the first start reminds as a license, and then it has expired", (t) => {
  const from = (at: number) => ({ firstStartAt: at });
  t.deepEqual(namesOn(ZSPHERE, day(15), [], from(day(0))), [], "15 days left are not less than 15");
  const [reminder] = alertsOn(ZSPHERE, day(15) + 1, [], from(day(0)));
  t.like(reminder, { kind: "LICENSE_TO_EXPIRE", subject: "base", dueAt: day(30) });
  t.like(alertsOn(ZSPHERE, day(30), [], from(day(0)))[0], { kind: "LICENSE_EXPIRED", since: day(30) });
  const paid = {
    item: "base",
    edition: "basic",
    term: "paid",
    startsAt: day(25),
    quotas: { cpus: 1 },
  } as const;
  t.deepEqual(namesOn(ZSPHERE, day(20), [paid], from(day(0))), [], "a license that takes over silences it");
});

test("EV-8: a trial whose first start does not verify has expired, since when is not known", (t) => {
  t.like(alertsOn(ZSPHERE, day(1), [], { firstStartAt: undefined })[0], {
    kind: "LICENSE_EXPIRED",
    since: undefined,
  });
});

test("EV-10: a product without an end to its free edition has nothing to say of it, and none before the first start", (t) => {
  t.deepEqual(namesOn(CLOUD, day(0), []), []);
  t.deepEqual(namesOn(ZSPHERE, day(0) - 1, [], { firstStartAt: day(0) }), []);
});

test("US-TE-1: the pre-authorization reminds for each architecture that it still stands in for", (t) => {
  const x86 = { item: "base", edition: "enterprise-plus", term: "formal", quotas: { cpus: 8 } } as const;
  const parts = { firstStartAt: day(0) };
  t.deepEqual(namesOn(USPHERE, day(170), [], parts), [
    "LICENSE_TO_EXPIRE base",
    "LICENSE_TO_EXPIRE base-arm",
  ]);
  t.deepEqual(namesOn(USPHERE, day(170), [x86], parts), [
    "LICENSE_TO_EXPIRE base-arm",
    "MODULE_TO_EXPIRE isc",
    "MODULE_TO_EXPIRE srm",
    "MODULE_TO_EXPIRE srm-arm",
  ]);
  t.deepEqual(
    namesOn(USPHERE, day(180), [x86], parts),
    [],
    "nothing of it was ever licensed, so nothing is to renew",
  );
});

test("EV-10: a meter over quota is said by its key, with how much is too much", (t) => {
  const [alert, ...others] = alertsOn(CLOUD, day(1), [STANDARD], { usage: { "base/cpus": 11 } });
  t.deepEqual(others, []);
  t.like(alert, { kind: "INSUFFICIENT_QUOTA", severity: "CRITICAL", subject: "base/cpus" });
  t.regex(alert?.message ?? "", /base\/cpus .*11 cpus of 8, 3 too many/);
  t.deepEqual(namesOn(CLOUD, day(1), [STANDARD], { usage: { "base/cpus": 8 } }), []);
});

test("ZC-PL-4: VMware CPUs beyond their meter are said of the base, whose meter they fill", (t) => {
  const vmware = { item: "vmware", term: "paid", quotas: { cpus: 4 } } as const;
  const usage = { "base/cpus": 6, "vmware/cpus": 7 };
  t.deepEqual(namesOn(CLOUD, day(1), [STANDARD, vmware], { usage }), ["INSUFFICIENT_QUOTA base/cpus"]);
});

const FORMAL = { item: "base", edition: "standard", term: "formal", quotas: { cpus: 8 } } as const;
const TEMPORARY = { ...FORMAL, id: "temporary", term: "temporary", endsAt: day(100) } as const;

test("US-TE-4: a lock to come is said as soon as it is known, and becomes urgent within the reminder's days", (t) => {
  const [early, ...others] = alertsOn(USPHERE, day(1), [FORMAL, TEMPORARY]);
  t.deepEqual(others, [], "the formal license goes on, so that no right ends");
  t.like(early, { kind: "LOCK_PENDING", severity: "INFO", subject: "base", dueAt: day(100) });
  t.is(alertsOn(USPHERE, day(70), [FORMAL, TEMPORARY])[0]?.severity, "INFO");
  t.is(alertsOn(USPHERE, day(70) + 1, [FORMAL, TEMPORARY])[0]?.severity, "WARNING");
});

test("US-TE-4, US-TE-6: a lock that fell is said until the licenses are re-acquired", (t) => {
  const [lock, ...others] = alertsOn(USPHERE, day(100), [FORMAL, TEMPORARY]);
  t.deepEqual(others, []);
  t.like(lock, { kind: "LOCKED", severity: "CRITICAL", subject: "base", since: day(100) });
  t.deepEqual(namesOn(USPHERE, day(200), [FORMAL, TEMPORARY], { reacquiredAt: [day(99)] }), ["LOCKED base"]);
  t.deepEqual(namesOn(USPHERE, day(200), [FORMAL, TEMPORARY], { reacquiredAt: [day(100)] }), []);
});

test("US-TE-5: of several temporaries the shortest makes the lock, the last end is that of the rights", (t) => {
  const longer = { ...TEMPORARY, id: "longer", endsAt: day(120) } as const;
  t.deepEqual(namesOn(USPHERE, day(95), [TEMPORARY, longer]), [
    "LOCK_PENDING base",
    "LICENSE_TO_EXPIRE base",
  ]);
  t.like(alertsOn(USPHERE, day(95), [TEMPORARY, longer])[1], { dueAt: day(120) });
});

test("US-TE-6: a locked platform still tells what ends, as if it were not locked", (t) => {
  const isc = { item: "isc", term: "temporary", quotas: { vms: 1 }, endsAt: day(130) } as const;
  const plus = { ...FORMAL, edition: "enterprise-plus" } as const;
  const ended = { ...TEMPORARY, edition: "enterprise-plus" } as const;
  t.deepEqual(namesOn(USPHERE, day(110), [plus, ended, isc]), ["LOCKED base", "MODULE_TO_EXPIRE isc"]);
});

test("every product names each of its possible alerts once", (t) => {
  for (const name of PROFILE_NAMES) {
    const names = alertNames(loadProfile(name)).map(({ kind, subject }) => `${kind} ${subject}`);
    t.is(new Set(names).size, names.length, name);
  }
});
