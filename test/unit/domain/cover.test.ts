import test from "ava";
import fc from "fast-check";
import { type Amounts, coverWith } from "../../../src/domain/cover.ts";
import type { InstalledLicense } from "../../../src/domain/license.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { subsetsOf } from "../../helpers/explanations.ts";
import { installedFrom } from "../../helpers/installed-licenses.ts";

const PROFILE = loadProfile("unicloud-usphere");

type Quotas = Readonly<Record<string, number>>;

/** Licenses with these quotas, the last of them the head; the others descending by upload sequence. */
function licensesOf(quotas: readonly Quotas[]): {
  head: InstalledLicense;
  others: readonly InstalledLicense[];
} {
  const sketches = quotas.map((amounts, index) => ({
    name: `${index + 1}`,
    item: "base",
    edition: "standard",
    term: "formal" as const,
    quotas: amounts,
  }));
  const [head, ...others] = installedFrom(PROFILE, sketches).toReversed();
  if (head === undefined) throw new Error("no license is the head");
  return { head, others };
}

function cover(quotas: readonly Quotas[], amounts: Readonly<Record<string, bigint>>): string | undefined {
  const { head, others } = licensesOf(quotas);
  const found = coverWith(head, others, new Map(Object.entries(amounts)));
  return found?.map(({ id }) => id).join(" ");
}

test("EV-5: a head that covers everything needs nobody beside it", (t) => {
  t.is(cover([{ cpus: 8 }, { cpus: 8 }], { cpus: 8n }), "2");
});

test("EV-5: as few as may be stand beside the head, the latest of them", (t) => {
  t.is(cover([{ cpus: 8 }, { cpus: 2 }, { cpus: 2 }, { cpus: 2 }], { cpus: 6n }), "4 1");
  t.is(cover([{ cpus: 2 }, { cpus: 4 }, { cpus: 4 }, { cpus: 2 }], { cpus: 6n }), "4 3");
});

test("EV-5: a license that does not name a unit covers any amount of it", (t) => {
  t.is(cover([{ hosts: 1 }, { cpus: 1 }], { cpus: 1n, hosts: 9n }), "2");
  t.is(cover([{ cpus: 9 }, { hosts: 1, cpus: 1 }], { cpus: 10n, hosts: 9n }), "2 1");
});

test("EV-5: what cannot be covered has no cover", (t) => {
  t.is(cover([{ cpus: 2 }, { cpus: 2 }], { cpus: 5n }), undefined);
});

test("EV-5: covers of several units are the smallest, of equal ones the latest, against trying every set", (t) => {
  const amount = fc.constantFrom(undefined, 1, 2, 4, 8);
  const quotas = fc
    .record({ cpus: amount, hosts: amount })
    .map((units) => Object.fromEntries(Object.entries(units).filter(([, value]) => value !== undefined)));
  const needed = fc.record({ cpus: fc.bigInt(1n, 12n), hosts: fc.bigInt(1n, 12n) });
  const holds = fc.property(fc.array(quotas, { minLength: 1, maxLength: 7 }), needed, (list, amounts) => {
    const { head, others } = licensesOf(list as Quotas[]);
    const wanted = new Map(Object.entries(amounts));
    const best = subsetsOf(others).find((set) => covers([head, ...set], wanted));
    const found = coverWith(head, others, wanted);
    return String(best && [head, ...best].map(({ id }) => id)) === String(found?.map(({ id }) => id));
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 1_000 }));
});

function covers(set: readonly InstalledLicense[], amounts: Amounts): boolean {
  return [...amounts].every(([unit, amount]) => {
    const quotas = set.map((license) => license.quotas.get(unit));
    if (quotas.includes(undefined)) return true;
    return quotas.reduce<bigint>((sum, quota) => sum + (quota ?? 0n), 0n) >= amount;
  });
}
