/** Declares properties over random platforms of every profile, and what they compare. */
import test from "ava";
import fc from "fast-check";
import { evaluate } from "../../src/domain/evaluate.ts";
import type { CapabilityDecision, Evaluation, Outcome } from "../../src/domain/evaluation.ts";
import type { PlatformInput } from "../../src/domain/facts.ts";
import type { Instant } from "../../src/domain/license.ts";
import type { Profile } from "../../src/domain/profile.ts";
import { loadProfile, PROFILE_NAMES } from "../../src/profiles/load-profile.ts";
import { arbitraryQuestion, type PlatformOptions } from "./arbitrary-platforms.ts";

/** The profiles that ship. */
export const PROFILES: readonly Profile[] = PROFILE_NAMES.map(loadProfile);

/** A platform of a profile, and the instant that it is asked for. */
export interface Question {
  readonly profile: Profile;
  readonly platform: PlatformInput;
  readonly at: Instant;
}

/** How a property is tried. */
export interface PropertyOptions extends PlatformOptions {
  /** Random platforms of each profile. Default: 200. */
  readonly runs?: number;
  /** Default: {@link PROFILES}. */
  readonly profiles?: readonly Profile[];
}

/** Declares a property as one test for each profile; `check` throws where it does not hold. */
export function property(
  title: string,
  check: (question: Question) => void,
  { runs = 200, profiles = PROFILES, ...options }: PropertyOptions = {},
): void {
  for (const profile of profiles) {
    test(`${title} (${profile.name})`, (t) => {
      const holds = fc.property(arbitraryQuestion(profile, options), (question) =>
        check({ profile, ...question }),
      );
      t.notThrows(() => fc.assert(holds, { numRuns: runs, includeErrorInReport: true }));
    });
  }
}

/** Throws when a property does not hold, so that fast-check can shrink the case. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Evaluates the platform of a question, at its instant or another. */
export function ask({ profile, platform, at }: Question, instant = at): Evaluation {
  return evaluate(profile, platform, instant);
}

/** Any part of an evaluation as text, to compare byte for byte. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Map ? [...part] : part;
  });
}

/** The outcome in a decision, as text. */
export function outcomeText({ state, reason, operations, entry }: Outcome): string {
  return textOf({ state, reason, operations, entry });
}

/** The decision on one capability. */
export function decisionOn({ capabilities }: Evaluation, key: string): CapabilityDecision {
  const decision = capabilities.find((capability) => capability.key === key);
  if (decision === undefined) throw new Error(`no capability ${key}`);
  return decision;
}
