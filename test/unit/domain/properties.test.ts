import test from "ava";
import fc from "fast-check";
import { admitPackage } from "../../../src/domain/admit.ts";
import { compareEvaluations } from "../../../src/domain/compare.ts";
import { evaluate } from "../../../src/domain/evaluate.ts";
import { type Evaluation, type Outcome, WAYS_BACK } from "../../../src/domain/evaluation.ts";
import { type InstalledLicense, type Instant, runsAt } from "../../../src/domain/license.ts";
import type { Profile } from "../../../src/domain/profile.ts";
import { loadProfile } from "../../../src/profiles/load-profile.ts";
import { arbitraryInstalled, arbitraryInstant } from "../../helpers/arbitrary-licenses.ts";

const PROFILE = loadProfile("zstack-cloud");
const FACTS = { firstStartAt: 0, productVersion: undefined };

/** The same product without its community edition: how licenses alone would stand. */
const LICENSES_ALONE: Profile = { ...PROFILE, noLicense: { ...PROFILE.noLicense, capabilities: [] } };

type Check = (licenses: readonly InstalledLicense[], at: Instant) => void;

/** Declares a property over random platforms and instants. */
function property(title: string, check: Check): void {
  test(title, (t) => {
    const holds = fc.property(arbitraryInstalled(PROFILE), arbitraryInstant(), (licenses, at) =>
      check(licenses, at),
    );
    t.notThrows(() => fc.assert(holds, { numRuns: 300 }));
  });
}

const evaluated = (licenses: readonly InstalledLicense[], at: Instant) =>
  evaluate(PROFILE, licenses, FACTS, at);

/** What GetLicenseCapabilities answers, as text; the instant of the question is no part of it. */
function answerOf({ capabilities }: Evaluation): string {
  return JSON.stringify(capabilities, (_key, value) => (typeof value === "bigint" ? `${value}n` : value));
}

function outcomeText({ state, reason, operations, entry }: Outcome): string {
  return JSON.stringify({ state, reason, operations, entry });
}

/** Throws when a property does not hold, so that fast-check can shrink the case. */
function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

property(
  "EV-3: the order of the input does not matter, and the same inputs give the same answer",
  (licenses, at) => {
    const straight = evaluated(licenses, at);
    const reversed = evaluated(licenses.toReversed(), at);
    expect(answerOf(straight) === answerOf(reversed), "the order changed the answer");
    expect(answerOf(straight) === answerOf(evaluated(licenses, at)), "asking twice changed the answer");
  },
);

property("EV-2: the answer is constant until the next change, and different at it", (licenses, at) => {
  const now = evaluated(licenses, at);
  const edges = licenses
    .flatMap(({ startsAt, endsAt }) => [startsAt, endsAt ?? startsAt])
    .flatMap((edge) => [edge - 1, edge]);
  const until = now.nextChangeAt ?? Number.POSITIVE_INFINITY;
  for (const instant of edges.filter((edge) => edge > at && edge < until)) {
    expect(
      answerOf(evaluated(licenses, instant)) === answerOf(now),
      `it changed at ${instant}, before ${until}`,
    );
  }
  if (now.nextChangeAt === undefined) return;
  expect(now.nextChangeAt > at, "the next change is not in the future");
  expect(
    answerOf(evaluated(licenses, now.nextChangeAt)) !== answerOf(now),
    "nothing changed at the next change",
  );
});

property(
  "EV-2: each capability keeps its outcome until it expires and then has the one that was told",
  (licenses, at) => {
    for (const decision of evaluated(licenses, at).capabilities) {
      if (decision.expiresAt === undefined || decision.next === undefined) continue;
      const find = (instant: Instant) =>
        evaluated(licenses, instant).capabilities.find(({ key }) => key === decision.key);
      const before = find(decision.expiresAt - 1);
      const after = find(decision.expiresAt);
      expect(
        before !== undefined && outcomeText(before) === outcomeText(decision),
        `${decision.key} changed too early`,
      );
      expect(
        after !== undefined && outcomeText(after) === outcomeText(decision.next),
        `${decision.key} became another thing`,
      );
      expect(after?.effectiveAt === decision.expiresAt, `${decision.key} does not tell since when`);
    }
  },
);

property("EV-4: what is granted by licenses is granted by licenses that run", (licenses, at) => {
  for (const { key, reason, licenseIds } of evaluated(licenses, at).capabilities) {
    if (reason !== "GRANTED") continue;
    const deciding = licenses.filter(({ id }) => licenseIds.includes(id));
    expect(
      deciding.every((license) => runsAt(license, at)),
      `${key} is granted by a license that does not run`,
    );
    const byCommunity = PROFILE.noLicense.capabilities.includes(key);
    expect(byCommunity || deciding.length > 0, `${key} is granted by nothing`);
  }
});

property("EV-4: licenses that do not run make nothing wider than it is without them", (licenses, at) => {
  const all = evaluated(licenses, at).capabilities;
  const running = evaluated(
    licenses.filter((license) => runsAt(license, at)),
    at,
  ).capabilities;
  for (const [index, { key, state }] of all.entries()) {
    expect(
      state !== "ENABLED" || running[index]?.state === "ENABLED",
      `${key} lives on an ended or pending license`,
    );
  }
});

property(
  "EV-5: the deciding licenses alone give the same state and reason, and fewer of them do not",
  (licenses, at) => {
    for (const { key, state, reason, licenseIds } of evaluated(licenses, at).capabilities) {
      if (licenseIds.length === 0) continue;
      const deciding = licenses.filter(({ id }) => licenseIds.includes(id));
      const gives = (set: readonly InstalledLicense[]) => {
        const alone = evaluate(LICENSES_ALONE, set, FACTS, at).capabilities.find(
          (capability) => capability.key === key,
        );
        return alone?.state === state && alone.reason === reason;
      };
      expect(gives(deciding), `${key}: the deciding licenses alone do not decide so`);
      if (deciding.length > 1)
        expect(
          !deciding.some((left) => gives(deciding.filter((one) => one !== left))),
          `${key}: the set is not smallest`,
        );
      if (reason !== "NOT_LICENSED") expect(!gives([]), `${key}: no license is needed`);
    }
  },
);

property("EV-5: no license is named only when the community edition itself decides", (licenses, at) => {
  const { capabilities, noLicenseInForce } = evaluated(licenses, at);
  for (const { key, licenseIds } of capabilities) {
    expect(licenseIds.length > 0 || noLicenseInForce, `${key} is decided by nothing`);
  }
});

property("NS-1: the ways back are open in every state that can be reached", (licenses, at) => {
  for (const { key, operations, next } of evaluated(licenses, at).capabilities) {
    for (const way of WAYS_BACK) {
      expect(operations.includes(way), `${key} blocks ${way}`);
      expect(next === undefined || next.operations.includes(way), `${key} will block ${way}`);
    }
  }
});

property(
  "LI-2: what is installed can be uploaded again at any instant, and nothing changes",
  (licenses, at) => {
    const files = licenses.map((license) => ({ fileName: license.jti, license }));
    const admission = admitPackage(PROFILE, licenses, files, { insertedUsbKeyIds: [] }, at);
    expect(admission.admitted, "it was refused");
    expect(
      admission.admitted && admission.files.every(({ outcome }) => outcome === "ALREADY_INSTALLED"),
      "it was new",
    );
  },
);

property("LI-3: one license at the most is in force for each item", (licenses, at) => {
  const valid = evaluated(licenses, at).licenses.filter(({ status }) => status === "VALID");
  expect(
    new Set(valid.map(({ license }) => license.item)).size === valid.length,
    "two licenses of one item are in force",
  );
});

property("an evaluation does not differ from itself", (licenses, at) => {
  const { capabilities, quotas, replacedLicenseIds } = compareEvaluations(
    evaluated(licenses, at),
    evaluated(licenses, at),
  );
  expect(capabilities.length + quotas.length + replacedLicenseIds.length === 0, "it does");
});
