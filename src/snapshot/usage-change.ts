/** What a change of usage is worth telling. */
import type { CapabilityDecision, Evaluation } from "../domain/evaluation.ts";
import type { Usage } from "../domain/facts.ts";

/** Whether as much of every meter is in use; a meter that is not there counts as 0. */
export function isSameUsage(a: Usage, b: Usage): boolean {
  const meters = new Set([...a.keys(), ...b.keys()]);
  return [...meters].every((meter) => (a.get(meter) ?? 0n) === (b.get(meter) ?? 0n));
}

/** Whether a state, a reason, an operation or the "over" of a meter differs: watchers hear of it at once. */
export function hasEffect(before: Evaluation, after: Evaluation): boolean {
  return (
    after.meters.some((meter, i) => meter.over !== before.meters[i]?.over) ||
    after.capabilities.some((decision, i) => differs(decision, before.capabilities[i]))
  );
}

function differs(after: CapabilityDecision, before: CapabilityDecision | undefined): boolean {
  return (
    after.state !== before?.state ||
    after.reason !== before.reason ||
    after.entry !== before.entry ||
    after.operations.length !== before.operations.length ||
    after.operations.some((operation, i) => operation !== before.operations[i])
  );
}
