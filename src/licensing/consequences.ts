/** What a change of licenses comes to: the same for a dry run as for the change itself. */
import { alertsAt } from "../domain/alerts.ts";
import {
  type AlertDifference,
  compareAlerts,
  compareEvaluations,
  type EvaluationDifference,
} from "../domain/compare.ts";
import { evaluate } from "../domain/evaluate.ts";
import type { Evaluation } from "../domain/evaluation.ts";
import type { PlatformInput } from "../domain/facts.ts";
import type { Instant } from "../domain/license.ts";
import type { Profile } from "../domain/profile.ts";

/** What a change comes to. */
export interface Consequences {
  readonly difference: EvaluationDifference;
  readonly alerts: AlertDifference;
  /** What the platform may do after it. */
  readonly after: Evaluation;
}

/** Works out what differs between a platform before and after a change, at one instant. */
export function consequencesOf(
  profile: Profile,
  before: PlatformInput,
  after: PlatformInput,
  at: Instant,
): Consequences {
  const evaluations = { before: evaluate(profile, before, at), after: evaluate(profile, after, at) };
  return {
    difference: compareEvaluations(evaluations.before, evaluations.after),
    alerts: compareAlerts(
      alertsAt(profile, before, at, evaluations.before),
      alertsAt(profile, after, at, evaluations.after),
    ),
    after: evaluations.after,
  };
}
