import type { Evaluation } from "../../../src/domain/evaluation.ts";
import { hasEndedAt, type InstalledLicense, runsAt } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { createLicense } from "../../helpers/arbitrary-licenses.ts";
import { ask, decisionOn, expect, PROFILES, property, type Question } from "../../helpers/properties.ts";

/** Profiles in which licenses of one item add up. */
const SUMS = PROFILES.filter(({ merge }) => merge === "sum");
/** The same with the lock turned off (US-TE-6). */
const UNLOCKED: readonly Profile[] = SUMS.map((profile) => ({ ...profile, locks: false }));

property(
  "US-TE-4, US-TE-5: the platform is locked from the end of a temporary license beside another until it re-acquires",
  (question) => {
    const { status, lock, capabilities } = ask(question);
    const expected = naiveLocks(question).some(isStanding(question));
    expect((lock !== undefined) === expected, expected ? "it is not locked" : "it is locked");
    expect((status === "LOCKED") === expected, `its status is ${status}`);
    for (const { key, reason, operations } of capabilities) {
      if (!expected) expect(reason !== "PLATFORM_LOCKED", `${key} is locked`);
      else expect(!operations.includes("START") && !operations.includes("LOGIN"), `${key} is open`);
    }
  },
  { profiles: SUMS, runs: 400 },
);

property(
  "US-TE-4: the next lock is told before it comes",
  (question) => {
    const next = naiveLocks(question)
      .map(({ endsAt }) => endsAt ?? 0)
      .filter((since) => since > question.at);
    const { nextLock } = ask(question);
    expect((nextLock?.since ?? Number.POSITIVE_INFINITY) === Math.min(...next), `told: ${nextLock?.since}`);
  },
  { profiles: SUMS, runs: 400 },
);

property(
  "US-TE-6: to re-acquire lifts every lock that stands, and none that is still to come",
  (question) => {
    const { platform, at } = question;
    const past = platform.facts.reacquiredAt.filter((instant) => instant < at);
    const withFacts = (reacquiredAt: readonly number[]): Question => {
      return { ...question, platform: { ...platform, facts: { ...platform.facts, reacquiredAt } } };
    };
    const again = withFacts([...past, at]);
    expect(ask(again).lock === undefined, "a lock stands on");
    const before = ask(withFacts(past));
    if (before.nextLock === undefined) return;
    expect(ask(again).nextLock?.since === before.nextLock.since, "the next lock is another");
    expect(ask(again, before.nextLock.since).lock !== undefined, "the next lock is lifted before it came");
  },
  { profiles: SUMS, runs: 400 },
);

property(
  "US-TE-6: with the lock turned off nothing is ever locked, and each license ends on its own date",
  (question) => {
    const { status, lock, nextLock, capabilities } = ask(question);
    expect(status !== "LOCKED" && lock === undefined && nextLock === undefined, "it is locked");
    expect(
      capabilities.every(({ reason }) => reason !== "PLATFORM_LOCKED"),
      "a capability is locked",
    );
  },
  { profiles: UNLOCKED },
);

property(
  "US-UP-1: an upgrade lifts every license of its source edition from its start on, and gives no quantity",
  (question) => {
    const { platform, at } = question;
    for (const { item, situation, license, edition, counting } of ask(question).bases) {
      if (situation === "RUNNING" || situation === "EXPIRED")
        expect(edition === liftedByHand(question, item, license?.edition), `${item} is ${edition}`);
      const running = platform.licenses.filter(
        (one) => one.item === item && one.fromEdition === undefined && runsAt(one, at),
      );
      expect(counting.length === running.length, `${counting.length} licenses of ${item} count`);
    }
  },
  { profiles: SUMS, runs: 400 },
);

property(
  "NS-1: one more formal license beside those that run takes nothing away",
  (question) => {
    const { platform } = question;
    const before = ask(question);
    for (const license of oneMoreOfEach(question, before)) {
      const more = { ...question, platform: { ...platform, licenses: [...platform.licenses, license] } };
      expectNothingLost(before, ask(more));
    }
  },
  { profiles: UNLOCKED, runs: 400 },
);

/** Temporary licenses that lock the platform at their end: another of their item ran before it and runs on. */
function naiveLocks({ platform: { licenses } }: Question): readonly InstalledLicense[] {
  const quantities = licenses.filter(({ fromEdition }) => fromEdition === undefined);
  return quantities.filter(({ id, item, term, endsAt }) => {
    if (term !== "temporary" || endsAt === undefined) return false;
    const others = quantities.filter((other) => other.item === item && other.id !== id);
    return others.some((other) => other.startsAt < endsAt && !hasEndedAt(other, endsAt));
  });
}

/** A lock stands from its license's end until the first re-acquisition at or after it. */
function isStanding({ platform: { facts }, at }: Question) {
  return ({ endsAt = 0 }: InstalledLicense) =>
    endsAt <= at && !facts.reacquiredAt.some((instant) => instant >= endsAt && instant <= at);
}

function liftedByHand({ platform, at }: Question, item: string, edition: string | undefined) {
  const started = platform.licenses.filter((one) => one.item === item && one.startsAt <= at);
  const step = (from: string | undefined) =>
    started.find(({ fromEdition }) => fromEdition !== undefined && fromEdition === from)?.edition ?? from;
  return step(step(edition));
}

/** For each item that runs by licenses: a formal license without end, for a base of the edition that runs. */
function oneMoreOfEach(question: Question, { bases, items }: Evaluation): readonly InstalledLicense[] {
  const { profile, at } = question;
  const running = [...bases, ...items.values()].filter(({ situation }) => situation === "RUNNING");
  return running.map(({ item, edition }) => ({
    ...createLicense(profile, 999, at),
    item,
    edition,
    term: "formal",
    quotas: new Map(requiredUnitsOf(profile, item).map((unit) => [unit, 1n])),
    uploadSequence: 999,
    uploadedAt: at,
    uploadedByNodeId: "node",
  }));
}

function requiredUnitsOf({ bases, items }: Profile, item: string): readonly string[] {
  const [edition] = bases.get(item)?.editions.values() ?? [];
  return items.get(item)?.requiredUnits ?? edition?.terms.get("formal")?.requiredUnits ?? [];
}

function expectNothingLost(before: Evaluation, after: Evaluation): void {
  for (const { key, operations } of before.capabilities) {
    const lost = operations.filter((operation) => !decisionOn(after, key).operations.includes(operation));
    expect(lost.length === 0, `${key} loses ${lost} at ${before.at}`);
  }
  for (const [index, { key, limit }] of before.meters.entries()) {
    const now = after.meters[index]?.limit;
    expect(now === undefined || (limit !== undefined && now >= limit), `${key}: ${limit} became ${now}`);
  }
}
