import test from "ava";
import { admitPackage, type PackageFile } from "../../../src/domain/admit.ts";
import { planDeletion } from "../../../src/domain/delete.ts";
import { evaluate } from "../../../src/domain/evaluate.ts";
import type { Evaluation, Outcome } from "../../../src/domain/evaluation.ts";
import { explainCapability } from "../../../src/domain/explain.ts";
import type { Instant } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile, PROFILE_NAMES } from "../../../src/profiles/load-profile.ts";
import {
  type Ask,
  type ConformanceCase,
  type LicenseText,
  readConformanceFile,
  toInstalled,
  toInstant,
  toLicense,
} from "../../helpers/conformance.ts";

const FACTS = { firstStartAt: 0, productVersion: undefined };

/** One case with everything worked out that an answer is made from. */
interface Setting {
  readonly profile: Profile;
  readonly origin: string;
  readonly texts: readonly LicenseText[];
  readonly at: Instant;
}

for (const name of PROFILE_NAMES) {
  const profile = loadProfile(name);
  const { origin, cases } = readConformanceFile(name);
  for (const { rules, title, licenses, at, ask, answer } of cases) {
    test(`${name}: ${rules.join(", ")}: ${title}`, (t) => {
      const actual = answerOf({ profile, origin, texts: licenses, at: toInstant(origin, at) }, ask);
      t.like(actual, inInstants(origin, answer));
      t.deepEqual(
        Object.keys(answer).filter((key) => !(key in actual)),
        [],
      );
    });
  }
}

/** The answer's numbers of days become instants; lists compare whole. */
function inInstants(origin: string, answer: ConformanceCase["answer"]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, toComparable(origin, key, value)]),
  );
}

function toComparable(origin: string, key: string, value: unknown): unknown {
  const isWhen = ["effective", "expires", "nextChange", "ends"].includes(key);
  if (isWhen && typeof value === "number") return toInstant(origin, value);
  if (key === "service" && value !== null) return inInstants(origin, value as Record<string, unknown>);
  return value;
}

function answerOf(setting: Setting, ask: Ask): Record<string, unknown> {
  if (ask.upload !== undefined) return answerUpload(setting, ask);
  if (ask.delete !== undefined) return answerDeletion(setting, ask.delete);
  const installed = toInstalled(setting.profile, setting.origin, setting.texts);
  const evaluation = evaluate(setting.profile, installed, FACTS, setting.at);
  if (ask.capability !== undefined) return answerCapability(setting, evaluation, ask.capability);
  if (ask.meter !== undefined) return answerMeter(evaluation, ask.meter);
  if (ask.license !== undefined) return answerLicense(evaluation, ask.license);
  return answerPlatform(evaluation);
}

function answerCapability(
  { profile }: Setting,
  evaluation: Evaluation,
  key: string,
): Record<string, unknown> {
  const { decision, licenses, remedy } = explainCapability(profile, evaluation, key);
  return {
    ...outcomeOf(decision),
    licenses: licenses.map(({ id }) => nameOf(id)).sort(),
    effective: decision.effectiveAt ?? null,
    expires: decision.expiresAt ?? null,
    next: decision.next && outcomeOf(decision.next),
    remedy: /"name":"([^"]+)"/.exec(remedy)?.[1],
  };
}

function outcomeOf({ state, reason, operations, entry }: Outcome): Record<string, unknown> {
  return { state, reason, operations, entry };
}

function answerMeter({ meters }: Evaluation, key: string): Record<string, unknown> {
  const limit = meters.find((meter) => meter.key === key)?.limit;
  return { limit: limit === undefined ? null : Number(limit) };
}

function answerLicense({ licenses }: Evaluation, name: string): Record<string, unknown> {
  const standing = licenses.find(({ license }) => nameOf(license.id) === name);
  return { status: standing?.status, expired: standing?.expired };
}

function answerPlatform({
  status,
  edition,
  nextChangeAt,
  base,
  service,
}: Evaluation): Record<string, unknown> {
  const shown = service && { item: service.item, ends: service.endsAt ?? null, expired: service.expired };
  return {
    status,
    edition,
    nextChange: nextChangeAt ?? null,
    base: base.license === undefined ? null : nameOf(base.license.id),
    service: shown ?? null,
  };
}

function answerUpload({ profile, origin, texts, at }: Setting, ask: Ask): Record<string, unknown> {
  const files = (ask.upload ?? []).map((entry): PackageFile => {
    const text = typeof entry === "string" ? texts.find(({ name }) => name === entry) : entry;
    if (text === undefined) throw new Error(`no license ${entry} in the case`);
    return { fileName: text.name, license: toLicense(profile, origin, text) };
  });
  const facts = { insertedUsbKeyIds: ask.insertedUsbKeys ?? [] };
  const admission = admitPackage(profile, toInstalled(profile, origin, texts), files, facts, at);
  if (!admission.admitted) return { refusals: admission.refusals.map(({ reason }) => reason) };
  const named = (wanted: string) =>
    admission.files.filter(({ outcome }) => outcome === wanted).map(({ license }) => nameOf(license.id));
  return { applied: named("INSTALLED"), known: named("ALREADY_INSTALLED") };
}

function answerDeletion(
  { profile, origin, texts }: Setting,
  target: { license: string } | { item: string },
): Record<string, unknown> {
  const installed = toInstalled(profile, origin, texts);
  const byName = "license" in target ? installed.find(({ id }) => nameOf(id) === target.license) : undefined;
  const plan = planDeletion(installed, "item" in target ? target : { licenseId: byName?.id ?? "" });
  if ("refusal" in plan) return { refusal: plan.refusal.reason };
  return { deleted: plan.licenses.map(({ id }) => nameOf(id)) };
}

function nameOf(id: string): string {
  return JSON.parse(id).name;
}
