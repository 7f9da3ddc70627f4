/**
 * Works out what became effective since the history was last written: a pure function of the mark, of the states
 * that this node saw, and of the instant. Changes by time alone are found by going from change to change, so that
 * each has the instant of the license that made it, also when no node ran then.
 */
import type { Evaluation } from "../domain/evaluation.ts";
import type { Usage } from "../domain/facts.ts";
import type { Instant } from "../domain/license.ts";
import type { LicenseState } from "../snapshot/license-state.ts";
import { evaluateState } from "../snapshot/snapshot.ts";
import type {
  ChangeCause,
  HistoryInputs,
  HistoryMark,
  HistoryPoint,
  NewChange,
} from "../store/history-types.ts";
import { addedSequences, causeBetween, compareAge, inputsOf, isSameButUsage } from "./history-inputs.ts";
import {
  type Difference,
  differencesOf,
  isSameRecorded,
  type Outcomes,
  outcomesOf,
  reasonsFor,
} from "./outcomes.ts";

/** A state of the licenses, and since when this node knows it. */
export interface SeenState {
  readonly state: LicenseState;
  readonly since: Instant;
  /** Evaluations of the state that were made already, for they cost most. Default: none. */
  readonly evaluations?: readonly Evaluation[];
}

/** What the history is worked out from beside the mark. */
export interface HistoryView {
  /** What this node saw, in the order in which it saw it. */
  readonly seen: readonly SeenState[];
  readonly now: Instant;
  readonly programVersion: string;
  /** When the latest state was committed, by the database's clock; `undefined`: not known. */
  readonly committedAt: Instant | undefined;
}

/** What is to be written. */
export interface WorkedOut {
  /** Where the history goes up to then. */
  readonly to: HistoryPoint;
  readonly changes: readonly NewChange[];
  /** There is more: work on from there. */
  readonly isCut: boolean;
}

/** Instants that one write goes through: after years without a node there may be thousands. */
const MOST_INSTANTS = 16;

/** So far may clocks of nodes differ before one that is behind takes the mark for wrong. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** From the commit of a change to the evaluation of who sees it. */
const JUST_BEFORE_MS = 2_000;

/** Whether the clock has been set back since the mark was made. */
export function isTurnedBack(mark: HistoryMark, now: Instant): boolean {
  return now < mark.evaluatedAt - CLOCK_TOLERANCE_MS;
}

/** The first point of a history: nothing is told of what was before it. */
export function firstPoint({ state, since }: SeenState, programVersion: string): HistoryPoint {
  const outcomes = outcomesOf(evaluateState(state, since));
  return { inputs: inputsOf(state, programVersion), evaluatedAt: since, outcomes };
}

/**
 * Works out what became effective after the mark. States older than the mark's say nothing.
 *
 * Whether the last state may count that has the mark's revision but another content is for the caller to judge.
 */
export function workOutHistory(mark: HistoryMark, view: HistoryView): WorkedOut {
  const isBack = isTurnedBack(mark, view.now);
  const from = isBack ? view.now : mark.evaluatedAt;
  const story = new Story(mark, from, view.seen);
  let previous: LicenseState | undefined;
  for (const seen of view.seen) {
    const inputs = inputsOf(seen.state, view.programVersion);
    if (!isAfter(mark, inputs, seen === view.seen.at(-1))) continue;
    const isSame = isSameButUsage(inputs, story.inputs);
    const cause = isBack && isSame ? "TIME" : causeBetween(story.inputs, inputs);
    const isLive = previous !== undefined;
    const at = Math.max(story.at, instantOf(seen, cause, story.inputs, view, isLive));
    // Until then the state before counted. Where this node did not see it, the new one stands in for it, for
    // those capabilities that are under it what they were.
    if (!story.walk(previous ?? seen.state, at)) return story.toPoint(true);
    if (previous === undefined || cause === "USAGE" || isSameUsage(previous.usage, seen.state.usage)) {
      story.step(seen.state, at, cause);
    } else {
      // Both moved: each is told what it did.
      story.step({ ...seen.state, usage: previous.usage }, at, cause);
      story.step(seen.state, at, "USAGE");
    }
    story.inputs = inputs;
    previous = seen.state;
  }
  const isWhole = previous === undefined || story.walk(previous, Math.max(from, view.now));
  return story.toPoint(!isWhole);
}

/** Whether a state comes after the mark. Of one that counts the same but differs only the caller knows, of the last one. */
function isAfter(mark: HistoryMark, inputs: HistoryInputs, isLast: boolean): boolean {
  const age = compareAge(inputs, mark.inputs);
  return age > 0 || (age === 0 && (isLast || isSameButUsage(inputs, mark.inputs)));
}

/** When a new state became effective. */
function instantOf(
  { state, since }: SeenState,
  cause: ChangeCause,
  before: HistoryInputs,
  { committedAt, programVersion }: HistoryView,
  isLive: boolean,
): Instant {
  if (cause === "REACQUISITION") return Math.min(since, Math.max(...state.facts.reacquiredAt));
  if (cause === "UPLOAD") {
    const added = new Set(addedSequences(before, inputsOf(state, programVersion)));
    const uploads = state.stored.licenses.filter(({ uploadSequence }) => added.has(uploadSequence));
    return Math.min(since, Math.max(...uploads.map(({ uploadedAt }) => uploadedAt)));
  }
  // Who saw it come knows when by its own clock; who did not takes the database's word.
  const isCommitted =
    cause === "DELETION" || (cause === "USB_KEY" && state.revision.revision > before.revision);
  return isCommitted && !isLive ? Math.min(since, committedAt ?? since) : since;
}

/** The history as it grows from the mark on. */
class Story {
  inputs: HistoryInputs;
  at: Instant;
  #outcomes: Outcomes;
  readonly #changes: NewChange[] = [];
  #instants = 0;
  readonly #known: Map<LicenseState, readonly Evaluation[]>;

  constructor(mark: HistoryMark, from: Instant, seen: readonly SeenState[]) {
    this.#known = new Map(seen.map(({ state, evaluations = [] }) => [state, evaluations]));
    this.inputs = mark.inputs;
    this.#outcomes = mark.outcomes;
    this.at = from;
  }

  /** Goes through the changes that a state makes by time alone, up to `until`. `false`: there are more than one write takes. */
  walk(state: LicenseState, until: Instant): boolean {
    let held = this.#evaluate(state, this.at);
    for (let next = nextOutcomeAt(held); next !== undefined && next <= until; next = nextOutcomeAt(held)) {
      if (this.#instants === MOST_INSTANTS) return false;
      this.#instants += 1;
      const then = this.#evaluate(state, next);
      this.#pass(state, held, then, next);
      held = then;
    }
    this.at = Math.max(this.at, until);
    return true;
  }

  /** Takes a state as the one that counts from `at` on. */
  step(state: LicenseState, at: Instant, cause: ChangeCause): void {
    const evaluation = this.#evaluate(state, at);
    this.at = at;
    const after = outcomesOf(evaluation);
    for (const difference of differencesOf(state.profile, this.#outcomes, after)) {
      this.#add(state, evaluation, difference, cause);
    }
    this.#outcomes = after;
  }

  toPoint(isCut: boolean): WorkedOut {
    const to = { inputs: this.inputs, evaluatedAt: this.at, outcomes: this.#outcomes };
    return { to, changes: this.#changes, isCut };
  }

  /** Says what an evaluation at the instant would say. */
  #evaluate(state: LicenseState, at: Instant): Evaluation {
    const known = this.#known.get(state) ?? [];
    const fitting = known.find((evaluation) => holdsAt(evaluation, at));
    if (fitting !== undefined) return fitting;
    const evaluation = evaluateState(state, at);
    this.#known.set(state, [...known, evaluation]);
    return evaluation;
  }

  /** One instant of time. A capability whose outcome was another one than the state says has another cause to come. */
  #pass(state: LicenseState, held: Evaluation, then: Evaluation, at: Instant): void {
    this.at = at;
    const was = outcomesOf(held);
    const changed = differencesOf(state.profile, was, outcomesOf(then)).filter(({ key, before }) =>
      isSameRecorded(before, this.#outcomes.get(key)),
    );
    for (const difference of changed) this.#add(state, then, difference, "TIME");
    const after = changed.map(({ key, after }) => [key, after] as const);
    this.#outcomes = new Map([...this.#outcomes, ...after]);
  }

  #add(state: LicenseState, evaluation: Evaluation, difference: Difference, cause: ChangeCause): void {
    const { epoch, revision } = state.revision;
    const reasons = reasonsFor(state.profile, evaluation, difference.key);
    this.#changes.push({ effectiveAt: this.at, ...difference, cause, ...reasons, epoch, revision });
  }
}

function isSameUsage(a: Usage, b: Usage): boolean {
  return a.size === b.size && [...a].every(([meter, amount]) => b.get(meter) === amount);
}

/** Whether an evaluation tells the same of another instant: nothing changes in between, or no outcome did just before. */
function holdsAt({ at: madeAt, nextChangeAt, capabilities }: Evaluation, at: Instant): boolean {
  if (madeAt <= at) return nextChangeAt === undefined || at < nextChangeAt;
  if (madeAt - at > JUST_BEFORE_MS) return false;
  return capabilities.every(({ effectiveAt }) => effectiveAt === undefined || effectiveAt <= at);
}

/** The next instant at which an outcome changes by time alone. */
function nextOutcomeAt({ capabilities }: Evaluation): Instant | undefined {
  const instants = capabilities.flatMap(({ expiresAt }) => expiresAt ?? []);
  return instants.length === 0 ? undefined : Math.min(...instants);
}
