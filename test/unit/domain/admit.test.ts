import test from "ava";
import { admitPackage } from "../../../src/domain/admit.ts";
import { planDeletion } from "../../../src/domain/delete.ts";
import type { PlatformInput } from "../../../src/domain/facts.ts";
import type { InstalledLicense, License } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile, PROFILE_NAMES } from "../../../src/profiles/load-profile.ts";
import { day, installed, type LicenseText, makeLicense } from "./_licenses.ts";

const USPHERE = loadProfile("unicloud-usphere");

function platformOf(licenses: readonly InstalledLicense[]): Pick<PlatformInput, "licenses" | "facts"> {
  return { licenses, facts: { firstStartAt: day(0), productVersion: undefined, reacquiredAt: [] } };
}

function reasons(profile: Profile, packed: readonly License[], there: readonly License[] = []) {
  const files = packed.map((license) => ({ fileName: "", license }));
  const admission = admitPackage(profile, there, files, { insertedUsbKeys: [] }, day(10));
  return admission.admitted ? [] : admission.refusals.map(({ reason }) => reason);
}

test("US-FE-1: packs of 1, 10, 50 and 100 hosts are taken, other sizes refused", (t) => {
  for (const item of ["disk-backup-dr", "migration"]) {
    const pack = (hosts: number) => makeLicense(USPHERE, { item, term: "formal", quotas: { hosts } });
    for (const hosts of [1, 10, 50, 100]) t.deepEqual(reasons(USPHERE, [pack(hosts)]), [], `${hosts}`);
    for (const hosts of [0, 2, 9, 11, 99, 101, 110]) {
      t.deepEqual(reasons(USPHERE, [pack(hosts)]), ["PACK_SIZE"], `${hosts}`);
    }
    t.deepEqual(reasons(USPHERE, [pack(10), pack(10)]), []);
    const unnamed = makeLicense(USPHERE, { item, term: "formal" });
    t.deepEqual(reasons(USPHERE, [unnamed]), ["UNIT_REQUIRED"]);
  }
  const isc = makeLicense(USPHERE, { item: "isc", term: "formal", quotas: { vms: 7 } });
  t.deepEqual(reasons(USPHERE, [isc]), []);
});

test("US-TE-2: every item has its temporary license, but for migration", (t) => {
  const terms = [...USPHERE.items.values()].map(({ name, units: [unit = ""] }) => {
    const text: LicenseText = { item: name, term: "temporary", endsAt: day(90), quotas: { [unit]: 10 } };
    return [name, reasons(USPHERE, [makeLicense(USPHERE, text)])];
  });
  t.deepEqual(Object.fromEntries(terms), {
    isc: [],
    srm: [],
    "srm-arm": [],
    container: [],
    "disk-backup-dr": [],
    migration: ["TERM_NOT_ALLOWED"],
  });
});

test("ZC-PL-2: a product whose modules need no base takes them alone", (t) => {
  for (const name of PROFILE_NAMES) {
    const profile = loadProfile(name);
    const item = [...profile.items.values()].find(({ kind }) => kind === "module");
    const term = item?.terms.at(-1);
    if (item === undefined || term === undefined) continue;
    const quotas = Object.fromEntries(item.requiredUnits.map((unit) => [unit, 10]));
    const module = makeLicense(profile, { item: item.name, term, quotas });
    t.deepEqual(reasons(profile, [module]), profile.modulesNeedBase ? ["BASE_MISSING"] : [], name);
  }
});

test("ZC-AM-6: where licenses add up, one that was issued earlier is one more, not an old one", (t) => {
  const isc = (issuedAt: number) =>
    makeLicense(USPHERE, { item: "isc", term: "formal", quotas: { vms: 10 }, issuedAt });
  t.deepEqual(reasons(USPHERE, [isc(day(1))], [isc(day(2))]), []);
});

test("UK: a product without USB keys refuses licenses for them", (t) => {
  const binding = { method: "usb-key", keyId: "key-1", thumbprint: "thumbprint-1" } as const;
  const isc = makeLicense(USPHERE, { item: "isc", term: "formal", quotas: { vms: 10 }, binding });
  t.deepEqual(reasons(USPHERE, [isc]), ["USB_NOT_SUPPORTED"]);
});

test("LI-7, US-TE-2, US-CO-2: temporary licenses, and formal ones without a receipt, stay installed", (t) => {
  const [temporary, formal, other] = installed(
    makeLicense(USPHERE, { item: "isc", term: "temporary", endsAt: day(90), quotas: { vms: 10 } }),
    makeLicense(USPHERE, { item: "isc", term: "formal", quotas: { vms: 10 } }),
    makeLicense(USPHERE, { item: "srm", term: "formal", quotas: { vms: 10 } }),
  );
  if (temporary === undefined || formal === undefined || other === undefined) return t.fail();
  const there = [temporary, formal, other];
  const refusalOf = (target: Parameters<typeof planDeletion>[2]) => {
    const plan = planDeletion(USPHERE, platformOf(there), target, day(10));
    return "refusal" in plan ? plan.refusal : undefined;
  };
  t.like(refusalOf({ licenseId: temporary.id }), { reason: "NOT_UNINSTALLABLE" });
  t.regex(refusalOf({ licenseId: temporary.id })?.message ?? "", /temporary license cannot be uninstalled/);
  t.regex(refusalOf({ licenseId: formal.id })?.message ?? "", /receipt/);
  t.like(refusalOf({ item: "isc" }), { reason: "NOT_UNINSTALLABLE" });
  t.like(refusalOf({ licenseId: "another" }), { reason: "NOT_FOUND" });
  t.like(refusalOf({ item: "container" }), { reason: "NOT_FOUND" });
});

test("LI-7: every product whose licenses are deletable deletes the last base and leaves its modules", (t) => {
  for (const name of PROFILE_NAMES) {
    const profile = loadProfile(name);
    const [term] = profile.deletableTerms;
    if (term === undefined) continue;
    const there = installed(makeLicense(profile, { item: "base", edition: "any", term }));
    const plan = planDeletion(profile, platformOf(there), { item: "base" }, day(10));
    t.deepEqual("licenses" in plan && plan.licenses, there, name);
  }
});
