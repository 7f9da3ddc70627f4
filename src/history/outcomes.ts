import type { CapabilityDecision, Evaluation } from "../domain/evaluation.ts";
import { explainCapability, unknownCapability } from "../domain/explain.ts";
import type { Profile } from "../domain/profile.ts";
import type { RecordedOutcome } from "../store/history-types.ts";

/** Outcomes by capability. */
export type Outcomes = ReadonlyMap<string, RecordedOutcome>;

/** What the history tells of an evaluation. */
export function outcomesOf({ capabilities }: Evaluation): Outcomes {
  return new Map(capabilities.map((decision) => [decision.key, outcomeOf(decision)]));
}

/** Whether two sets of outcomes are the same. */
export function isSameOutcomes(a: Outcomes, b: Outcomes): boolean {
  return a.size === b.size && [...a].every(([key, outcome]) => isSameRecorded(outcome, b.get(key)));
}

/** A capability whose outcome differs between two instants. */
export interface Difference {
  readonly key: string;
  readonly before: RecordedOutcome;
  readonly after: RecordedOutcome;
}

/**
 * What differs, by key. A capability that one of the two does not have is there what it is for callers: unknown,
 * with the ways back alone.
 */
export function differencesOf(profile: Profile, before: Outcomes, after: Outcomes): readonly Difference[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const was = before.get(key) ?? outcomeOf(unknownCapability(profile, key));
    const is = after.get(key) ?? outcomeOf(unknownCapability(profile, key));
    return isSameRecorded(was, is) ? [] : [{ key, before: was, after: is }];
  });
}

/** The deciding licenses of one capability, and why it is as it is. */
export function reasonsFor(profile: Profile, evaluation: Evaluation, key: string) {
  const { decision, explanation } = explainCapability(profile, evaluation, key);
  return { licenseIds: decision.licenseIds, explanation };
}

/** Whether two outcomes are the same in what the history tells. */
export function isSameRecorded(a: RecordedOutcome, b: RecordedOutcome | undefined): boolean {
  return (
    b !== undefined &&
    a.state === b.state &&
    a.reason === b.reason &&
    a.operations.length === b.operations.length &&
    a.operations.every((operation, i) => operation === b.operations[i])
  );
}

function outcomeOf({ state, reason, operations }: CapabilityDecision): RecordedOutcome {
  return { state, reason, operations };
}
