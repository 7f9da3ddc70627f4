import { admitPackage } from "../../../src/domain/admit.ts";
import { compareEvaluations } from "../../../src/domain/compare.ts";
import { WAYS_BACK } from "../../../src/domain/evaluation.ts";
import { keyIdOf, runsAt } from "../../../src/domain/license.ts";
import { carry } from "../../../src/domain/usb/carry.ts";
import { NO_USB_KEYS } from "../../../src/domain/usb/usb-facts.ts";
import { edgesOf } from "../../helpers/arbitrary-platforms.ts";
import {
  ask,
  decisionOn,
  expect,
  outcomeText,
  PROFILES,
  property,
  textOf,
} from "../../helpers/properties.ts";

property(
  "EV-3: the order of the input does not matter, and the same inputs give the same answer",
  (question) => {
    const { platform } = question;
    const { facts, usage } = platform;
    const { status, giving = [], buffers = [] } = facts.usb ?? {};
    const usb = { status, giving: giving.toReversed(), buffers: buffers.toReversed() };
    const turned = {
      licenses: platform.licenses.toReversed(),
      facts: { ...facts, reacquiredAt: facts.reacquiredAt.toReversed(), usb },
      usage: new Map([...usage].reverse()),
    };
    const straight = textOf(ask(question));
    expect(textOf(ask({ ...question, platform: turned })) === straight, "the order changed the answer");
    expect(textOf(ask(question)) === straight, "asking twice changed the answer");
  },
);

property("EV-2: the answer is constant until the next change, and different at it", (question) => {
  const { profile, platform, at } = question;
  const { capabilities, nextChangeAt } = ask(question);
  const answer = textOf(capabilities);
  const until = nextChangeAt ?? Number.POSITIVE_INFINITY;
  expect(until > at, "the next change is not in the future");
  for (const edge of edgesOf(profile, platform).filter((instant) => instant > at && instant < until)) {
    expect(textOf(ask(question, edge).capabilities) === answer, `it changed at ${edge}, before ${until}`);
  }
  if (nextChangeAt === undefined) return;
  expect(textOf(ask(question, until).capabilities) !== answer, "nothing changed at the next change");
});

property(
  "EV-2: each capability keeps its outcome until it expires and then has the one that was told",
  (question) => {
    const { profile, platform, at } = question;
    const now = ask(question);
    const later = edgesOf(profile, platform).filter((edge) => edge > at);
    const evaluations = new Map(later.map((edge) => [edge, ask(question, edge)]));
    for (const decision of now.capabilities) {
      const { key, expiresAt, next } = decision;
      for (const [edge, evaluation] of evaluations) {
        const then = decisionOn(evaluation, key);
        if (expiresAt === undefined || edge < expiresAt)
          expect(outcomeText(then) === outcomeText(decision), `${key} changed at ${edge}, too early`);
        if (edge !== expiresAt) continue;
        expect(next !== undefined && outcomeText(then) === outcomeText(next), `${key} became another thing`);
        expect(then.effectiveAt === expiresAt, `${key} does not tell since when`);
      }
      expect(expiresAt === undefined || evaluations.has(expiresAt), `${key} expires when nothing happens`);
      expect(next === undefined || outcomeText(next) !== outcomeText(decision), `${key} becomes what it is`);
    }
  },
);

property(
  "EV-2: each capability has been as it is since the instant that it tells, and not before",
  (question) => {
    const { profile, platform, at } = question;
    const now = ask(question);
    const past = edgesOf(profile, platform).filter((edge) => edge <= at);
    const evaluations = new Map(
      past.flatMap((edge) => [edge - 1, edge]).map((edge) => [edge, ask(question, edge)]),
    );
    for (const decision of now.capabilities) {
      const { key, effectiveAt } = decision;
      const isAsNow = (instant: number) => {
        const then = evaluations.get(instant);
        return then === undefined || outcomeText(decisionOn(then, key)) === outcomeText(decision);
      };
      const since = past.filter((edge) => edge >= (effectiveAt ?? Number.NEGATIVE_INFINITY));
      expect(since.every(isAsNow), `${key} was another thing since ${effectiveAt}`);
      if (effectiveAt === undefined) continue;
      expect(past.includes(effectiveAt), `${key} began when nothing happened`);
      expect(!isAsNow(effectiveAt - 1), `${key} was the same before ${effectiveAt}`);
    }
  },
);

property("EV-4: what licenses grant is granted by licenses that run", (question) => {
  const { profile, platform, at } = question;
  const { noLicense } = profile;
  for (const { key, reason, licenseIds } of ask(question).capabilities) {
    if (reason !== "GRANTED") continue;
    const deciding = platform.licenses.filter(({ id }) => licenseIds.includes(id));
    expect(deciding.length === licenseIds.length, `${key} is granted by a license that is not installed`);
    expect(
      deciding.every((license) => runsAt(license, at)),
      `${key} is granted by a license that does not run`,
    );
    const isFree = [...noLicense.bases.values()].some(({ capabilities }) => capabilities.includes(key));
    const isFreeItem = noLicense.items.some((item) => profile.items.get(item)?.gives.includes(key));
    expect(deciding.length > 0 || isFree || isFreeItem, `${key} is granted by nothing`);
  }
});

property(
  "EV-4: what licenses of USB keys grant is granted while the key gives its rights, or its buffer runs",
  (question) => {
    const { platform, at } = question;
    const { giving = [], buffers = [] } = platform.facts.usb ?? {};
    const isThere = (keyId: string) =>
      giving.some((key) => key.keyId === keyId && (key.until === undefined || at < key.until)) ||
      buffers.some((key) => key.keyId === keyId && key.startsAt <= at && at < key.endsAt);
    const { capabilities, licenses } = ask(question);
    const granted = capabilities.filter(({ reason }) => reason === "GRANTED" || reason === "OVER_QUOTA");
    for (const { license, status } of licenses) {
      const keyId = keyIdOf(license);
      if (keyId === undefined || isThere(keyId)) continue;
      expect(status !== "VALID" && status !== "REPLACED", `${license.id} is ${status}`);
      const gives = granted.find(({ licenseIds }) => licenseIds.includes(license.id));
      expect(gives === undefined, `${gives?.key} is granted by ${license.id}, whose key is away`);
    }
  },
  { profiles: PROFILES.filter(({ usbKeys }) => usbKeys) },
);

property(
  "EV-4: a USB key that is away gives no more than its licenses deleted would",
  (question) => {
    const { platform } = question;
    const facts = { ...platform.facts, usb: NO_USB_KEYS };
    const bare = platform.licenses.filter((license) => keyIdOf(license) === undefined);
    const lost = platform.licenses.map((license) => carry(license, NO_USB_KEYS));
    const without = ask({ ...question, platform: { ...platform, licenses: bare, facts } });
    const away = ask({ ...question, platform: { ...platform, licenses: lost, facts } });
    for (const { key, operations } of away.capabilities) {
      if (!operations.includes("START")) continue;
      expect(decisionOn(without, key).operations.includes("START"), `${key} lives on a key that is away`);
    }
  },
  { profiles: PROFILES.filter(({ usbKeys }) => usbKeys) },
);

property(
  "UK-BU-2: the end of a buffer is told while it carries what decides, and no longer",
  (question) => {
    const { platform, at } = question;
    const ends = platform.facts.usb?.buffers.map(({ endsAt }) => endsAt) ?? [];
    for (const { key, bufferEndsAt } of ask(question).capabilities) {
      if (bufferEndsAt === undefined) continue;
      expect(ends.includes(bufferEndsAt) && bufferEndsAt > at, `${key}: no buffer ends at ${bufferEndsAt}`);
      const later = decisionOn(ask(question, bufferEndsAt), key);
      expect(later.bufferEndsAt !== bufferEndsAt, `${key} is carried by a buffer that is over`);
    }
  },
  { profiles: PROFILES.filter(({ usbKeys }) => usbKeys) },
);

property("EV-4: licenses that do not run make nothing wider than it is without them", (question) => {
  const { platform, at } = question;
  const running = platform.licenses.filter((license) => runsAt(license, at));
  const without = ask({ ...question, platform: { ...platform, licenses: running } });
  for (const { key, operations } of ask(question).capabilities) {
    if (!operations.includes("START")) continue;
    const alone = decisionOn(without, key);
    expect(alone.operations.includes("START"), `${key} lives on an ended or pending license`);
  }
});

property(
  "EV-4: when no license runs and the no-license state is over, nothing can be started",
  (question) => {
    const { platform, at } = question;
    const stopped = platform.licenses.filter((license) => !runsAt(license, at));
    const facts = { ...platform.facts, firstStartAt: undefined };
    const evaluation = ask({ ...question, platform: { ...platform, licenses: stopped, facts } });
    const free = [...question.profile.noLicense.bases.values()].flatMap(({ capabilities }) => capabilities);
    const isFree = (key: string) => question.profile.noLicense.days === undefined && free.includes(key);
    for (const { key, operations } of evaluation.capabilities)
      expect(isFree(key) || !operations.includes("START"), `${key} can be started`);
  },
);

property("NS-1: the ways back are open in every state that can be reached, and will be", (question) => {
  for (const { key, operations, next } of ask(question).capabilities) {
    for (const way of WAYS_BACK) {
      expect(operations.includes(way), `${key} blocks ${way}`);
      expect(next === undefined || next.operations.includes(way), `${key} will block ${way}`);
    }
  }
});

property("LI-2: what is installed can be uploaded again at any instant, and nothing changes", (question) => {
  const { profile, platform, at } = question;
  const files = platform.licenses.map((license) => ({ fileName: license.jti, license }));
  const admission = admitPackage(profile, platform.licenses, files, { insertedUsbKeys: [] }, at);
  expect(admission.admitted, "it was refused");
  expect(
    admission.files.every(({ outcome }) => outcome === "ALREADY_INSTALLED"),
    "it was new",
  );
});

property(
  "LI-3: one license at the most is in force for each item, and it is the latest that runs",
  (question) => {
    const { platform, at } = question;
    const valid = ask(question).licenses.filter(({ status }) => status === "VALID");
    const items = new Set(platform.licenses.map(({ item }) => item));
    for (const item of items) {
      const running = platform.licenses.filter((license) => license.item === item && runsAt(license, at));
      const latest = running.toSorted((a, b) => b.uploadSequence - a.uploadSequence)[0];
      const inForce = valid.filter(({ license }) => license.item === item).map(({ license }) => license.id);
      expect(textOf(inForce) === textOf(latest === undefined ? [] : [latest.id]), `${item}: ${inForce}`);
    }
  },
  { profiles: PROFILES.filter(({ merge }) => merge === "replacement") },
);

property("an evaluation does not differ from itself", (question) => {
  const { capabilities, quotas, replacedLicenseIds } = compareEvaluations(ask(question), ask(question));
  expect(capabilities.length + quotas.length + replacedLicenseIds.length === 0, "it does");
});
