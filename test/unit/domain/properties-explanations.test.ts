import type { CapabilityDecision } from "../../../src/domain/evaluation.ts";
import type { InstalledLicense } from "../../../src/domain/license.ts";
import type { CapabilityDefinition } from "../../../src/domain/profile.ts";
import { Alone, decidesAs, subsetsOf } from "../../helpers/explanations.ts";
import { ask, expect, property, type Question } from "../../helpers/properties.ts";

/** Platforms small enough to try every set of licenses. */
const SMALL = 6;

property(
  "EV-5: the deciding licenses alone give the same state and reason, and with any one less they do not",
  (question) => {
    forEachDecision(question, ({ alone, definition, decision, deciding }) => {
      if (deciding.length === 0) return;
      const gives = (set: readonly InstalledLicense[], isWithFree: boolean) =>
        decidesAs(alone.outcomeOf(set, definition, isWithFree), decision);
      const isByLicenses = gives(deciding, false);
      expect(isByLicenses || gives(deciding, true), `${decision.key}: they alone do not decide so`);
      // Nothing gives what is not licensed: any license shows it.
      if (decision.reason === "NOT_LICENSED") return;
      for (const left of deciding) {
        const fewer = deciding.filter((license) => license !== left);
        expect(!gives(fewer, !isByLicenses), `${decision.key}: ${left.id} is not needed`);
      }
    });
  },
);

property("EV-5: no license is named only when the no-license state itself decides", (question) => {
  forEachDecision(question, ({ alone, definition, decision, deciding }) => {
    const isFree =
      alone.isFreeSpeaking(definition) && decidesAs(alone.outcomeOf([], definition, true), decision);
    expect(isFree === (deciding.length === 0), `${decision.key} names ${deciding.length} licenses`);
  });
});

property(
  "EV-5: of all sets that give the same no other is smaller, and of equal ones none was uploaded later",
  (question) => {
    const sets = subsetsOf(question.platform.licenses).slice(1);
    forEachDecision(question, ({ alone, definition, decision, deciding }) => {
      if (deciding.length === 0 || decision.reason === "NOT_LICENSED") return;
      const find = (isWithFree: boolean) =>
        sets.find((set) => decidesAs(alone.outcomeOf(set, definition, isWithFree), decision));
      const best = find(false) ?? find(true) ?? [];
      expect(nameOf(best) === nameOf(deciding), `${decision.key}: ${nameOf(best)}, not ${nameOf(deciding)}`);
    });
  },
  { mostLicenses: SMALL },
);

interface Explained {
  readonly alone: Alone;
  readonly definition: CapabilityDefinition;
  readonly decision: CapabilityDecision;
  readonly deciding: readonly InstalledLicense[];
}

function forEachDecision(question: Question, check: (explained: Explained) => void): void {
  const alone = new Alone(question);
  for (const decision of ask(question).capabilities) {
    const definition = question.profile.capabilities.get(decision.key);
    expect(definition !== undefined, `no capability ${decision.key}`);
    const deciding = question.platform.licenses.filter(({ id }) => decision.licenseIds.includes(id));
    check({ alone, definition, decision, deciding });
  }
}

function nameOf(set: readonly InstalledLicense[]): string {
  return set
    .map(({ id }) => id)
    .sort()
    .join(" ");
}
