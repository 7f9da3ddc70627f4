/** Random platforms for property tests: states that uploads and deletions lead to, by the rules that judge these. */
import fc from "fast-check";
import { admitPackage } from "../../src/domain/admit.ts";
import { planDeletion } from "../../src/domain/delete.ts";
import type { PlatformInput } from "../../src/domain/facts.ts";
import { DAY_MS, type InstalledLicense, type Instant, type License } from "../../src/domain/license.ts";
import type { Base, Profile } from "../../src/domain/profile.ts";
import { carry } from "../../src/domain/usb/carry.ts";
import { arbitraryOffer, createLicense, KEY_IDS, licenseOf, type Offer } from "./arbitrary-licenses.ts";
import { arbitraryUsbFacts } from "./arbitrary-usb.ts";

/** Day 0 of every random platform. */
export const ORIGIN = Date.parse("2026-01-01T00:00:00Z");

/** What an administrator does. */
type Step =
  | { readonly do: "upload"; readonly offers: readonly Offer[] }
  | {
      readonly do: "upgrade";
      readonly item: string;
      readonly from: string;
      readonly to: string;
      readonly beside: bigint;
      readonly startsInDays: number;
    }
  | { readonly do: "delete"; readonly pick: number };

interface TimedStep {
  /** Days since the step before. */
  readonly afterDays: number;
  readonly step: Step;
}

/** How a random platform may be. */
export interface PlatformOptions {
  /** Default: 9. */
  readonly mostLicenses?: number;
}

/** One instant of a platform: on an edge of something, or a millisecond beside it. */
export interface Pick {
  readonly edge: number;
  readonly offsetMs: number;
}

const arbitraryPick: fc.Arbitrary<Pick> = fc.record({
  edge: fc.nat(60),
  offsetMs: fc.constantFrom(-1, 0, 0, 1),
});

/** A random platform that can come about, and an instant to ask for. */
export function arbitraryQuestion(
  profile: Profile,
  options: PlatformOptions = {},
): fc.Arbitrary<{ readonly platform: PlatformInput; readonly at: Instant }> {
  return fc
    .record({
      steps: fc.array(arbitraryTimedStep(profile), { maxLength: 12, size: "max" }),
      firstStartDay: fc.constantFrom(undefined, -400, -170, -20, 0, 0, 15),
      productVersion: fc.constantFrom(undefined, "E0730", "E0730P06", "E0740", "E0750", "E0760P01", "other"),
      usage: arbitraryUsage(profile),
      usb: arbitraryUsbFacts(profile),
      reacquired: fc.array(arbitraryPick, { maxLength: 3 }),
      at: arbitraryPick,
    })
    .map(({ steps, firstStartDay, productVersion, usage, usb, reacquired, at }) => {
      const grown = grow(profile, steps, options.mostLicenses ?? 9);
      const licenses = grown.map((license) => carry(license, usb));
      const firstStartAt = firstStartDay === undefined ? undefined : ORIGIN + firstStartDay * DAY_MS;
      const facts = { firstStartAt, productVersion, reacquiredAt: [], usb };
      const before: PlatformInput = { licenses, facts, usage };
      const reacquiredAt = reacquired.map((pick) => instantOf(profile, before, pick));
      const platform = { ...before, facts: { ...facts, reacquiredAt } };
      return { platform, at: instantOf(profile, platform, at) };
    });
}

/** Instants at which anything about a platform may change, ascending, and a day before and after them all. */
export function edgesOf(profile: Profile, { licenses, facts }: PlatformInput): readonly Instant[] {
  const { days } = profile.noLicense;
  const trialEnd =
    days === undefined || facts.firstStartAt === undefined ? [] : [facts.firstStartAt + days * DAY_MS];
  const instants = [
    ORIGIN,
    ...licenses.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt ?? startsAt]),
    ...(facts.usb?.giving.flatMap(({ until }) => until ?? []) ?? []),
    ...(facts.usb?.buffers.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt]) ?? []),
    ...facts.reacquiredAt,
    ...(facts.firstStartAt === undefined ? [] : [facts.firstStartAt]),
    ...trialEnd,
  ];
  const all = [...instants, Math.min(...instants) - DAY_MS, Math.max(...instants) + DAY_MS];
  return [...new Set(all)].sort((a, b) => a - b);
}

function instantOf(profile: Profile, platform: PlatformInput, { edge, offsetMs }: Pick): Instant {
  const edges = edgesOf(profile, platform);
  return (edges[edge % edges.length] ?? ORIGIN) + offsetMs;
}

function arbitraryUsage(profile: Profile): fc.Arbitrary<PlatformInput["usage"]> {
  const amount = fc.constantFrom(0n, 0n, 1n, 3n, 4n, 5n, 8n, 12n, 40n);
  const keys = meterKeysOf(profile);
  return fc.tuple(...keys.map(() => amount)).map((amounts) => {
    const used = keys.map((key, index) => [key, amounts[index] ?? 0n] as const);
    return new Map(used.filter(([, amount]) => amount > 0n));
  });
}

/** Every meter of the profile. */
export function meterKeysOf({ bases, items }: Profile): readonly string[] {
  const metered = [
    ...[...bases.values()].map(({ item, units }) => ({ name: item, units })),
    ...items.values(),
  ];
  return metered.flatMap(({ name, units }) => units.map((unit) => `${name}/${unit}`));
}

function arbitraryTimedStep(profile: Profile): fc.Arbitrary<TimedStep> {
  return fc.record({ afterDays: fc.constantFrom(0, 0, 1, 5, 10, 20), step: arbitraryStep(profile) });
}

function arbitraryStep(profile: Profile): fc.Arbitrary<Step> {
  const upload = fc.record({
    do: fc.constant("upload" as const),
    offers: fc.array(arbitraryOffer(profile), { minLength: 1, maxLength: 3 }),
  });
  const remove = fc.record({ do: fc.constant("delete" as const), pick: fc.nat(20) });
  const ways = upgradeWays(profile);
  const weighted = [
    { weight: 8, arbitrary: upload },
    { weight: 1, arbitrary: remove },
  ];
  if (ways.length === 0) return fc.oneof(...weighted);
  const upgrade = fc
    .tuple(fc.constantFrom(...ways), fc.constantFrom(0n, 0n, 2n), fc.constantFrom(0, 0, 10))
    .map(([way, beside, startsInDays]) => ({ do: "upgrade" as const, ...way, beside, startsInDays }));
  return fc.oneof(...weighted, { weight: 3, arbitrary: upgrade });
}

function upgradeWays({ bases }: Profile) {
  return [...bases.values()].flatMap(({ item, upgrades }) =>
    [...upgrades].flatMap(([from, targets]) => targets.map((to) => ({ item, from, to }))),
  );
}

const INSERTED = KEY_IDS.map((keyId) => ({ keyId, thumbprint: keyId }));

/** Takes the steps one after another; one that the rules refuse changes nothing. */
function grow(profile: Profile, steps: readonly TimedStep[], most: number): readonly InstalledLicense[] {
  let installed: readonly InstalledLicense[] = [];
  let at = ORIGIN;
  let next = 1;
  for (const { afterDays, step } of steps) {
    at += afterDays * DAY_MS;
    if (step.do === "delete") {
      installed = remove(profile, installed, step.pick, at);
      continue;
    }
    const licenses = packageOf(profile, installed, step, next, at);
    if (installed.length + licenses.length > most) continue;
    installed = upload(profile, installed, licenses, next, at);
    next += licenses.length;
  }
  return installed;
}

const NO_FACTS: PlatformInput["facts"] = {
  firstStartAt: undefined,
  productVersion: undefined,
  reacquiredAt: [],
};

function remove(profile: Profile, installed: readonly InstalledLicense[], pick: number, at: Instant) {
  const licenseId = installed[pick % Math.max(1, installed.length)]?.id ?? "";
  const plan = planDeletion(profile, { licenses: installed, facts: NO_FACTS }, { licenseId }, at);
  return "refusal" in plan ? installed : installed.filter((license) => !plan.licenses.includes(license));
}

function upload(
  profile: Profile,
  installed: readonly InstalledLicense[],
  licenses: readonly License[],
  next: number,
  at: Instant,
): readonly InstalledLicense[] {
  const files = licenses.map((license) => ({ fileName: license.jti, license }));
  const admission = admitPackage(profile, installed, files, { insertedUsbKeys: INSERTED }, at);
  if (!admission.admitted) return installed;
  const fresh = admission.files.map(({ license }, index) => ({
    ...license,
    uploadSequence: next + index,
    uploadedAt: at,
    uploadedByNodeId: "node",
  }));
  return [...installed, ...fresh];
}

/** The licenses of a step, and the upgrades that keep them in balance with those that are installed (US-UP-1). */
function packageOf(
  profile: Profile,
  installed: readonly InstalledLicense[],
  step: Exclude<Step, { do: "delete" }>,
  next: number,
  at: Instant,
): readonly License[] {
  const licenses =
    step.do === "upload"
      ? step.offers.map((offer, index) => licenseOf(profile, offer, next + index, at))
      : besideUpgrade(profile, installed, step, next, at);
  let all: readonly License[] = [...installed, ...licenses];
  const upgrades: License[] = [];
  for (const base of profile.bases.values()) {
    for (const from of base.upgrades.keys()) {
      const number = next + licenses.length + upgrades.length;
      const wanted =
        step.do === "upgrade" && step.item === base.item && step.from === from ? step : undefined;
      const upgrade = balancing(profile, base, from, wanted, { all, number, at });
      if (upgrade === undefined) continue;
      upgrades.push(upgrade);
      all = [...all, upgrade];
    }
  }
  return [...licenses, ...upgrades];
}

/** What comes with an upgrade: its source edition where there is none, or more of its target. */
function besideUpgrade(
  profile: Profile,
  installed: readonly InstalledLicense[],
  { item, from, to, beside }: Extract<Step, { do: "upgrade" }>,
  number: number,
  at: Instant,
): readonly License[] {
  const isNew = !installed.some((license) => license.item === item);
  const quantities = [
    { edition: from, amount: isNew ? 4n : 0n },
    { edition: to, amount: beside },
  ];
  return quantities
    .filter(({ amount }) => amount > 0n)
    .map(({ edition, amount }, index) => ({
      ...createLicense(profile, number + index, at),
      item,
      edition,
      term: "formal",
      quotas: new Map([["cpus", amount]]),
    }));
}

/** The upgrade that an edition lacks, to where its upgrades lead already, or to where it is wanted. */
function balancing(
  profile: Profile,
  { item }: Base,
  from: string,
  wanted: { readonly to: string; readonly startsInDays: number } | undefined,
  { all, number, at }: { readonly all: readonly License[]; readonly number: number; readonly at: Instant },
): License | undefined {
  const ofItem = all.filter((license) => license.item === item);
  const upgrades = ofItem.filter(({ fromEdition }) => fromEdition === from);
  const target = upgrades[0]?.edition ?? wanted?.to;
  if (target === undefined) return undefined;
  const startsAt = at + (wanted?.startsInDays ?? 0) * DAY_MS;
  const firstStartsAt = Math.min(startsAt, ...upgrades.map(({ startsAt }) => startsAt));
  const there = ofItem.filter(
    ({ edition, term, endsAt }) =>
      edition === from && term !== "temporary" && (endsAt === undefined || endsAt > firstStartsAt),
  );
  const missing = sumOf(there) - sumOf(upgrades);
  if (missing <= 0n) return undefined;
  const quotas = new Map([["cpus", missing]]);
  return {
    ...createLicense(profile, number, at),
    item,
    edition: target,
    fromEdition: from,
    term: "formal",
    startsAt,
    quotas,
  };
}

function sumOf(licenses: readonly License[]): bigint {
  return licenses.reduce((sum, { quotas }) => sum + (quotas.get("cpus") ?? 0n), 0n);
}
