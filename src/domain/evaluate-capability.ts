/** One capability at one instant: its outcome, since when, until when, and by which licenses. */
import { type DecidingQuestion, decidingLicenses, isSameQuestion } from "./deciding.ts";
import { decide, isSameOutcome } from "./decision.ts";
import type { CapabilityDecision, MeterReading, Outcome } from "./evaluation.ts";
import { bufferEndAt, type InstalledLicense, type Instant } from "./license.ts";
import { lockedItemsAt } from "./lock.ts";
import { isSameReading } from "./meters.ts";
import type { CapabilityDefinition } from "./profile.ts";
import { indexOf } from "./profile-index.ts";
import type { Scope } from "./scope.ts";

/** The part of a capability's answer that is compared from instant to instant. */
interface Moment {
  readonly outcome: Outcome;
  readonly meters: readonly MeterReading[];
  readonly question: DecidingQuestion;
  /** The deciding licenses; sought when they are asked for. */
  readonly licenses: readonly InstalledLicense[];
}

/** One capability of a platform. */
export class EvaluatedCapability {
  readonly decision: CapabilityDecision;
  readonly #scope: Scope;
  readonly #definition: CapabilityDefinition;
  /** Items that may change anything about it. */
  readonly #items: readonly string[];
  readonly #now: Moment;

  constructor(scope: Scope, definition: CapabilityDefinition, at: Instant) {
    this.#scope = scope;
    this.#definition = definition;
    this.#items = indexOf(scope.scene.profile).watchedItems.get(definition.key) ?? [];
    this.#now = momentAt(scope, definition, at);
    this.decision = this.#decisionAt(at);
  }

  /** Whether anything of the answer is another at `instant`, given that nothing of it was in between. */
  isOtherAt(instant: Instant): boolean {
    if (!this.#scope.isBoundaryOf(this.#items, instant)) return false;
    const then = momentAt(this.#scope, this.#definition, instant);
    if (!isSameOutcome(then.outcome, this.#now.outcome)) return true;
    if (then.meters.some((meter, i) => !isSameReading(meter, this.#now.meters[i] ?? meter))) return true;
    if (isSameQuestion(then.question, this.#now.question)) return false;
    return (
      !isSameSet(then.licenses, this.#now.licenses) ||
      bufferEndOf(then.licenses, instant) !== this.decision.bufferEndsAt
    );
  }

  #decisionAt(at: Instant): CapabilityDecision {
    const { outcome, meters, licenses } = this.#now;
    const scope = this.#scope;
    const outcomeAt = (instant: Instant) => decide(scope.scene, this.#definition, scope.standingsAt(instant));
    const differs = (instant: Instant) => !isSameOutcome(outcomeAt(instant), outcome);
    const turns = scope.turnsOf(this.#items);
    const expiresAt = turns.find((instant) => instant > at && differs(instant));
    return {
      ...outcome,
      key: this.#definition.key,
      domain: this.#definition.domain,
      meters,
      licenseIds: licenses.map(({ id }) => id).sort(),
      effectiveAt: effectiveSince(turns, at, differs),
      expiresAt,
      next: expiresAt === undefined ? undefined : outcomeAt(expiresAt),
      bufferEndsAt: bufferEndOf(licenses, at),
    };
  }
}

function momentAt(scope: Scope, definition: CapabilityDefinition, at: Instant): Moment {
  const { scene, reacquiredAt } = scope;
  const standings = scope.standingsAt(at);
  const outcome = decide(scene, definition, standings);
  const lockedItems = lockedItemsAt(scope.locks, at);
  const question: DecidingQuestion = {
    scene,
    definition,
    choicesOf: (item, isRunningOnly) =>
      scope.choicesOf(item, { isLocked: lockedItems.length > 0, isRunningOnly }, at),
    reacquiredAt,
    standings,
    outcome,
    lockedItems,
    licenses: scope.licenses,
    at,
  };
  let licenses: readonly InstalledLicense[] | undefined;
  return {
    outcome,
    question,
    meters: definition.meters.map((meter) => standings.meter(meter)),
    get licenses() {
      licenses ??= decidingLicenses(question);
      return licenses;
    },
  };
}

/** The first end of a buffer that carries one of these licenses at an instant. */
function bufferEndOf(licenses: readonly InstalledLicense[], at: Instant): Instant | undefined {
  const ends = licenses.flatMap((license) => bufferEndAt(license, at) ?? []);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

function isSameSet(a: readonly InstalledLicense[], b: readonly InstalledLicense[]): boolean {
  return a.length === b.length && a.every((license, i) => license.id === b[i]?.id);
}

/** The boundary since which nothing differed; `undefined`: never did. */
function effectiveSince(
  boundaries: readonly Instant[],
  at: Instant,
  differs: (instant: Instant) => boolean,
): Instant | undefined {
  const past = boundaries.filter((boundary) => boundary <= at);
  const lastDifferent = past.findLastIndex(differs);
  if (lastDifferent >= 0) return past[lastDifferent + 1];
  return differs(Number.NEGATIVE_INFINITY) ? past[0] : undefined;
}
