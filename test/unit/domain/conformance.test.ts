import test from "ava";
import { loadProfile, PROFILE_NAMES } from "../../../src/profiles/load-profile.ts";
import { readConformanceFile } from "../../helpers/conformance.ts";
import { compareAnswer } from "../../helpers/conformance-answer.ts";
import { answerByDomain } from "../../helpers/conformance-domain.ts";

for (const name of PROFILE_NAMES) {
  const profile = loadProfile(name);
  const { origin, cases } = readConformanceFile(name);
  for (const one of cases) {
    test(`${name}: ${one.rules.join(", ")}: ${one.title}`, (t) => {
      const { actual, expected } = compareAnswer(origin, one, answerByDomain(profile, origin, one));
      t.deepEqual(actual, expected);
    });
  }
}
