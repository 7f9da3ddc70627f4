import type { MeterReading } from "../../../src/domain/evaluation.ts";
import { type InstalledLicense, runsAt } from "../../../src/domain/license.ts";
import { noLicensePhaseAt } from "../../../src/domain/no-license.ts";
import { meterKeysOf } from "../../helpers/arbitrary-platforms.ts";
import { ask, expect, PROFILES, property, type Question, textOf } from "../../helpers/properties.ts";

/** The profile in which VMware hosts draw on a meter of their own first. */
const CLOUD = PROFILES.filter(({ items }) => items.get("vmware")?.overflow.has("cpus"));

property("EV-7: what is available is never below zero, and over is only what has a limit", (question) => {
  const { meters } = ask(question);
  expect(textOf(meters.map(({ key }) => key)) === textOf(meterKeysOf(question.profile).toSorted()), "meters");
  for (const { key, limit, used, available, over } of meters) {
    expect(used >= 0n, `${key}: less than nothing is in use`);
    if (limit === undefined) {
      expect(available === undefined && !over, `${key} is unlimited, and ${available} is left`);
      continue;
    }
    expect(available === (used > limit ? 0n : limit - used), `${key}: ${available} of ${limit} is left`);
    expect(!over || used > limit, `${key} is over, with ${used} of ${limit}`);
    expect(limit === 0n || over === used > limit, `${key} is not over, with ${used} of ${limit}`);
  }
});

property("EV-7: limits are what the licenses that count, or the no-license state, give", (question) => {
  for (const { key, limit } of ask(question).meters) {
    const expected = naiveLimit(question, key);
    expect(limit === expected, `${key}: ${limit}, not ${expected}`);
  }
});

property("EV-7: nothing reported is 0 in use", (question) => {
  const unused = { ...question.platform, usage: new Map<string, bigint>() };
  for (const { key, used, over } of ask({ ...question, platform: unused }).meters)
    expect(used === 0n && !over, `${key} has ${used} in use`);
});

property(
  "ZC-PL-4: VMware fills its own meter, and what is beyond it draws on the base",
  (question) => {
    const { meters } = ask(question);
    const { usage } = question.platform;
    const kvm = usage.get("base/cpus") ?? 0n;
    const vmware = usage.get("vmware/cpus") ?? 0n;
    const meter = naiveLimit(question, "vmware/cpus") ?? vmware;
    const beyond = vmware > meter ? vmware - meter : 0n;
    expect(readingOf(meters, "base/cpus").used === kvm + beyond, "base/cpus");
    expect(readingOf(meters, "vmware/cpus").used === vmware - beyond, "vmware/cpus");
    expect(!readingOf(meters, "vmware/cpus").over, "vmware/cpus is over");
  },
  { profiles: CLOUD },
);

property(
  "what is in use counts where it was reported",
  (question) => {
    for (const { key, used } of ask(question).meters)
      expect(used === (question.platform.usage.get(key) ?? 0n), `${key}: ${used}`);
  },
  { profiles: PROFILES.filter((profile) => !CLOUD.includes(profile)) },
);

/** Limit of a meter by the words of the rules; `undefined`: unlimited. */
function naiveLimit(question: Question, key: string): bigint | undefined {
  const [item = "", unit = ""] = key.split("/");
  const { profile } = question;
  const isBase = profile.bases.has(item);
  if (!isBase && isTrialOfEverything(question)) return undefined;
  const counting = countingOf(question, item);
  if (counting.length > 0) {
    const amounts = counting.map(({ quotas }) => quotas.get(unit));
    if (amounts.includes(undefined)) return undefined;
    return amounts.reduce<bigint>((sum, amount) => sum + (amount ?? 0n), 0n);
  }
  if (isFree(question, item)) return isBase ? profile.noLicense.bases.get(item)?.quotas.get(unit) : undefined;
  const alternatives = profile.items.get(item)?.alternatives ?? [];
  return alternatives.some((other) => countingOf(question, other).length > 0) ? undefined : 0n;
}

/** The licenses of an item that run, upgrades left out: all of them, or the one uploaded last. */
function countingOf({ profile, platform, at }: Question, item: string): readonly InstalledLicense[] {
  const running = platform.licenses
    .filter((license) => license.item === item && license.fromEdition === undefined && runsAt(license, at))
    .sort((a, b) => a.uploadSequence - b.uploadSequence);
  return profile.merge === "sum" ? running : running.slice(-1);
}

/** The no-license state gives it: no license for it has started. */
function isFree({ profile, platform, at }: Question, item: string): boolean {
  const { bases, items } = profile.noLicense;
  if (!(bases.has(item) || items.includes(item))) return false;
  const hasStarted = platform.licenses.some(
    (license) => license.item === item && license.fromEdition === undefined && license.startsAt <= at,
  );
  return !hasStarted && noLicensePhaseAt(profile.noLicense, platform.facts, at) === "IN_FORCE";
}

/** ZC-ED-3: beside the trial of the enterprise edition no module's meter limits anything. */
function isTrialOfEverything(question: Question): boolean {
  const [base] = countingOf(question, "base");
  return question.profile.name === "zstack-cloud" && base?.edition === "enterprise" && base.term === "trial";
}

function readingOf(meters: readonly MeterReading[], key: string): MeterReading {
  const reading = meters.find((meter) => meter.key === key);
  if (reading === undefined) throw new Error(`no meter ${key}`);
  return reading;
}
