/** Holds an answer against what a conformance case expects: only what the case names. */
import { type ConformanceCase, toInstant } from "./conformance.ts";

/** An answer, by the names of test/conformance/README.md. Instants are in ms; `null`: there is none. */
export type Answer = Readonly<Record<string, unknown>>;

/** Two sides of a comparison: equal if the answer is as the case says. */
export interface Compared {
  readonly actual: Answer;
  readonly expected: Answer;
}

/** Keys whose numbers are days in the file and instants in an answer. */
const WHEN_KEYS = ["effective", "expires", "nextChange", "ends", "since", "buffer"];
/** Keys whose values hold such keys themselves. */
const NESTED_KEYS = ["service", "lock"];

/**
 * The answer, cut to what the case names, beside the expected one. What is named and was not answered is
 * missing in it. The answer to a `capabilities` question stays whole.
 *
 * @param origin origin of the days in the expected answer
 */
export function compareAnswer(origin: string, { ask, answer }: ConformanceCase, actual: Answer): Compared {
  const expected = inInstants(origin, answer);
  return { actual: ask.capabilities ? actual : pick(actual, expected), expected };
}

/** The named keys of an answer, and of the objects in it those that are expected there. */
function pick(actual: Answer, expected: Answer): Answer {
  return Object.fromEntries(
    Object.entries(expected)
      .filter(([key]) => key in actual)
      .map(([key, value]) => [key, pickValue(actual[key], value)]),
  );
}

function pickValue(actual: unknown, expected: unknown): unknown {
  return isObject(expected) && isObject(actual) ? pick(actual, expected) : actual;
}

function isObject(value: unknown): value is Answer {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inInstants(origin: string, answer: Answer): Answer {
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, toComparable(origin, key, value)]),
  );
}

function toComparable(origin: string, key: string, value: unknown): unknown {
  if (WHEN_KEYS.includes(key) && (typeof value === "number" || typeof value === "string")) {
    return toInstant(origin, value);
  }
  if (NESTED_KEYS.includes(key) && isObject(value)) return inInstants(origin, value);
  return value;
}

/** The states of many capabilities as one answer: keys by "STATE REASON". */
export function byState(
  capabilities: ReadonlyArray<{ readonly key: string; readonly state: string; readonly reason: string }>,
): Answer {
  const groups = Map.groupBy(capabilities, ({ state, reason }) => `${state} ${reason}`);
  return Object.fromEntries([...groups].map(([name, group]) => [name, group.map(({ key }) => key).sort()]));
}
