/** Answers conformance cases by the pure functions of the domain. */
import { admitPackage, type PackageFile } from "../../src/domain/admit.ts";
import { alertsAt } from "../../src/domain/alerts.ts";
import { planDeletion } from "../../src/domain/delete.ts";
import { evaluate } from "../../src/domain/evaluate.ts";
import type { AfterSalesService, Evaluation, Lock, Outcome } from "../../src/domain/evaluation.ts";
import { explainCapability } from "../../src/domain/explain.ts";
import type { PlatformInput } from "../../src/domain/facts.ts";
import type { Instant } from "../../src/domain/license.ts";
import { planLicenses } from "../../src/domain/plan.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { type Ask, type ConformanceCase, toInstant, toLicense, toPlatform } from "./conformance.ts";
import { type Answer, byState } from "./conformance-answer.ts";

/** A platform at an instant. */
interface Setting {
  readonly profile: Profile;
  readonly origin: string;
  readonly platform: PlatformInput;
  readonly at: Instant;
}

/** Answers one case. */
export function answerByDomain(profile: Profile, origin: string, one: ConformanceCase): Answer {
  const platform = toPlatform(profile, origin, one.platform);
  const setting = { profile, origin, platform, at: toInstant(origin, one.at) };
  const { ask } = one;
  if (ask.upload !== undefined) return answerUpload(setting, ask);
  if (ask.delete !== undefined) return answerDeletion(setting, ask.delete);
  if (ask.plan !== undefined) return answerPlan(profile, ask.plan);
  if (ask.alerts) return answerAlerts(setting);
  return answerEvaluation(setting, evaluate(profile, platform, setting.at), ask);
}

function answerEvaluation(setting: Setting, evaluation: Evaluation, ask: Ask): Answer {
  if (ask.capability !== undefined) return answerCapability(setting.profile, evaluation, ask.capability);
  if (ask.capabilities) return byState(evaluation.capabilities);
  if (ask.meter !== undefined) return answerMeter(evaluation, ask.meter);
  if (ask.license !== undefined) return answerLicense(evaluation, ask.license);
  return answerPlatform(evaluation);
}

function answerCapability(profile: Profile, evaluation: Evaluation, key: string): Answer {
  const { decision, licenses, remedy } = explainCapability(profile, evaluation, key);
  return {
    ...outcomeOf(decision),
    licenses: licenses.map(({ id }) => nameOf(id)).sort(),
    effective: decision.effectiveAt ?? null,
    expires: decision.expiresAt ?? null,
    next: decision.next && outcomeOf(decision.next),
    remedy: /"name":"([^"]+)"/.exec(remedy)?.[1],
    buffer: decision.bufferEndsAt ?? null,
  };
}

function outcomeOf({ state, reason, operations, entry }: Outcome): Answer {
  return { state, reason, operations, entry };
}

function answerMeter({ meters }: Evaluation, key: string): Answer {
  const meter = meters.find((reading) => reading.key === key);
  if (meter === undefined) throw new Error(`the product has no meter ${key}`);
  const { limit, used, available, over } = meter;
  return { limit: toCount(limit), used: toCount(used), available: toCount(available), over };
}

/** `null`: unlimited. */
function toCount(amount: bigint | undefined): number | null {
  return amount === undefined ? null : Number(amount);
}

function answerLicense({ licenses }: Evaluation, name: string): Answer {
  const standing = licenses.find(({ license }) => nameOf(license.id) === name);
  return { status: standing?.status, expired: standing?.expired };
}

function answerPlatform({ status, edition, nextChangeAt, base, service, lock }: Evaluation): Answer {
  return {
    status,
    edition,
    nextChange: nextChangeAt ?? null,
    base: base.license === undefined ? null : nameOf(base.license.id),
    service: serviceOf(service),
    lock: lockOf(lock),
  };
}

function serviceOf(service: AfterSalesService | undefined): Answer | null {
  return service === undefined
    ? null
    : { item: service.item, ends: service.endsAt ?? null, expired: service.expired };
}

function lockOf(lock: Lock | undefined): Answer | null {
  return lock === undefined ? null : { since: lock.since, item: lock.item, license: nameOf(lock.ended.id) };
}

function answerAlerts({ profile, platform, at }: Setting): Answer {
  return {
    standing: alertsAt(profile, platform, at)
      .map(({ kind, subject }) => `${kind} ${subject}`)
      .sort(),
  };
}

function answerPlan(
  profile: Profile,
  { solution, version, architecture = "x86" }: NonNullable<Ask["plan"]>,
): Answer {
  const plans = planLicenses(profile, { solution, version, architecture });
  if ("unknown" in plans) return { refusal: "UNKNOWN_SOLUTION" };
  const named = plans.map((plan) =>
    plan.map(({ item, edition }) => (edition === undefined ? item : `${item} ${edition}`)),
  );
  return { plans: named, least: named[0] };
}

function answerUpload({ profile, origin, platform, at }: Setting, ask: Ask): Answer {
  const files = (ask.upload ?? []).map(
    (text): PackageFile => ({ fileName: text.name, license: toLicense(profile, origin, text) }),
  );
  const facts = {
    insertedUsbKeys: (ask.insertedUsbKeys ?? []).map((keyId) => ({ keyId, thumbprint: keyId })),
  };
  const admission = admitPackage(profile, platform.licenses, files, facts, at);
  if (!admission.admitted) {
    const refusals = admission.refusals.map(({ reason }) => reason);
    return { refusals, refusal: refusals[0] };
  }
  const named = (wanted: string) =>
    admission.files.filter(({ outcome }) => outcome === wanted).map(({ license }) => nameOf(license.id));
  return { applied: named("INSTALLED"), known: named("ALREADY_INSTALLED") };
}

function answerDeletion(
  { profile, platform, at }: Setting,
  target: { license: string } | { item: string },
): Answer {
  const idOf = (name: string) => platform.licenses.find(({ id }) => nameOf(id) === name)?.id ?? "";
  const named = "item" in target ? target : { licenseId: idOf(target.license) };
  const plan = planDeletion(profile, platform, named, at);
  if ("refusal" in plan) return { refusal: plan.refusal.reason };
  return { deleted: plan.licenses.map(({ id }) => nameOf(id)).sort() };
}

function nameOf(id: string): string {
  return JSON.parse(id).name;
}
