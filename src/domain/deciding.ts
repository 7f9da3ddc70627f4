/**
 * Which licenses decide (EV-5): the smallest set that alone gives the same state and reason, with
 * the no-license state left out of account; of several such sets the one with the highest upload
 * sequences.
 */
import type { Choice } from "./choices.ts";
import { decide } from "./decision.ts";
import type { ItemStanding, Outcome } from "./evaluation.ts";
import { type InstalledLicense, type Instant, phaseAt } from "./license.ts";
import { lockAt, locksOf } from "./lock.ts";
import { splitMeterKey } from "./meters.ts";
import type { CapabilityDefinition, Profile } from "./profile.ts";
import { indexOf } from "./profile-index.ts";
import { splitUpgrades, standingAt } from "./standing.ts";
import { type Scene, Standings } from "./standings.ts";

/** A question for deciding licenses. */
export interface DecidingQuestion {
  readonly scene: Scene;
  readonly definition: CapabilityDefinition;
  /** Sets of an item's licenses to choose from, one list for its quantities and one for its upgrades, each with the empty set first. */
  readonly choicesOf: (item: string, isRunningOnly: boolean) => readonly (readonly Choice[])[];
  readonly reacquiredAt: readonly Instant[];
  /** How everything stands with all licenses. */
  readonly standings: Standings;
  /** What all licenses together decide. */
  readonly outcome: Outcome;
  /** Items whose locks stand. */
  readonly lockedItems: readonly string[];
  /** Every license, ascending by upload sequence. */
  readonly licenses: readonly InstalledLicense[];
  readonly at: Instant;
}

/** The deciding licenses, descending by upload sequence; empty when the no-license state itself decides. */
export function decidingLicenses(question: DecidingQuestion): Choice {
  if (isByNoLicenseState(question)) return [];
  const axes = axesOf(question);
  // A license may decide only together with what the no-license state gives: a feature on a pre-authorized base.
  return (
    smallest(axes, (set) => isDecidedBy(question, set, false)) ??
    smallest(axes, (set) => isDecidedBy(question, set, true)) ??
    leastOf(question)
  );
}

/**
 * Whether two questions about one capability, of one outcome, must have the same answer: there is the same to
 * choose from, and the no-license state speaks alike.
 */
export function isSameQuestion(a: DecidingQuestion, b: DecidingQuestion): boolean {
  const items = itemsOf(a);
  if (items.some((item) => a.standings.noLicenseOf(item) !== b.standings.noLicenseOf(item))) return false;
  if (a.lockedItems.length + b.lockedItems.length > 0) return false;
  const axes = axesOf(a);
  const others = axesOf(b);
  return (
    axes.length === others.length &&
    axes.every((choices, i) => isSameChoices(choices, others[i] ?? [], [a.at, b.at]))
  );
}

/** The same licenses, each in the same phase. */
function isSameChoices(
  a: readonly Choice[],
  b: readonly Choice[],
  [from, to]: readonly [Instant, Instant],
): boolean {
  const isSame = (license: InstalledLicense, other: InstalledLicense | undefined) =>
    license === other && phaseAt(license, from) === phaseAt(license, to);
  return (
    a.length === b.length &&
    a.every(
      (choice, i) =>
        choice.length === b[i]?.length && choice.every((license, k) => isSame(license, b[i]?.[k])),
    )
  );
}

/** Where no choice fits: what is left of all licenses when those that can go, lowest first, are gone. */
function leastOf(question: DecidingQuestion): Choice {
  const fits = (set: Choice) => isDecidedBy(question, set, true);
  let set = question.licenses.toReversed();
  if (!fits(set)) return [];
  for (const license of question.licenses) {
    const without = set.filter((other) => other !== license);
    if (without.length > 0 && fits(without)) set = without;
  }
  return set;
}

/** The no-license state, as far as it speaks now, gives the same without any license. */
function isByNoLicenseState(question: DecidingQuestion): boolean {
  const { scene, definition, standings } = question;
  const items = [...basesOf(scene.profile, definition), ...(scene.profile.givers.get(definition.key) ?? [])];
  const isSpeaking = items.some((item) => standings.noLicenseOf(item) !== undefined);
  return isSpeaking && isDecidedBy(question, [], true);
}

function basesOf({ bases }: Profile, { base }: CapabilityDefinition): readonly string[] {
  return base === undefined ? [...bases.keys()] : [base];
}

/** What to choose from: one axis for each item and one for its upgrades, each with the empty choice. */
function axesOf(question: DecidingQuestion): readonly (readonly Choice[])[] {
  const isRunningOnly = NEEDS_RUNNING.has(question.outcome.reason);
  const items = itemsOf(question);
  const own = items.flatMap((item) => question.choicesOf(item, isRunningOnly));
  return question.outcome.reason === "PLATFORM_LOCKED"
    ? [...own, [[], ...foreignLock(question, items)]]
    : own;
}

/** Of items that have nothing else to do with the capability the pair that makes a lock, with the highest sequences. */
function foreignLock(question: DecidingQuestion, own: readonly string[]): readonly Choice[] {
  const pairs = question.lockedItems
    .filter((item) => !own.includes(item))
    .flatMap((item) => question.choicesOf(item, false).flat())
    .filter((choice) => choice.length === 2 && isLocking(question, choice))
    .map((choice) => choice.toSorted((a, b) => b.uploadSequence - a.uploadSequence));
  return pairs.sort((a, b) => (isHigher(a, b) ? -1 : 1)).slice(0, 1);
}

function isLocking({ scene, reacquiredAt, at }: DecidingQuestion, set: Choice): boolean {
  const locks = locksOf(
    scene.profile,
    Map.groupBy(set, ({ item }) => item),
    reacquiredAt,
  );
  return lockAt(locks, at) !== undefined;
}

/** Reasons to which a license that does not run adds nothing. */
const NEEDS_RUNNING: ReadonlySet<string> = new Set(["GRANTED", "OVER_QUOTA"]);

function itemsOf({ scene, definition, outcome }: DecidingQuestion): readonly string[] {
  const { decidingItems, decidingSources } = indexOf(scene.profile);
  const own = decidingItems.get(definition.key) ?? [];
  const sources = (decidingSources.get(definition.key) ?? []).filter((meter) => scene.usage.has(meter));
  // What is not licensed may be so because of another base: then the no-license state is over for this one.
  const others = outcome === scene.profile.table.NOT_LICENSED ? [...scene.profile.bases.keys()] : [];
  const more = [...sources.map((meter) => splitMeterKey(meter).item), ...others];
  return more.length === 0 ? own : [...new Set([...own, ...more])];
}

/** Whether a set of licenses alone gives the same state and reason. */
function isDecidedBy(question: DecidingQuestion, set: Choice, isWithNoLicenseState: boolean): boolean {
  const { scene, definition, outcome, at } = question;
  const byItem = Map.groupBy(
    set.toSorted((a, b) => a.uploadSequence - b.uploadSequence),
    ({ item }) => item,
  );
  const known = new Map<string, ItemStanding>();
  const standingOf = (item: string): ItemStanding => {
    const standing =
      known.get(item) ?? standingAt(scene.profile.merge, item, splitUpgrades(byItem.get(item) ?? []), at);
    known.set(item, standing);
    return standing;
  };
  const alone = new Standings(scene, {
    standingOf,
    noLicenseOf: isWithNoLicenseState ? question.standings.noLicenseOf : () => undefined,
    isLocked: question.lockedItems.length > 0 && isLocking(question, set),
  });
  const { state, reason } = decide(scene, definition, alone);
  return state === outcome.state && reason === outcome.reason;
}

/** The smallest set with one choice of each axis that fits; of several the one with the highest upload sequences. */
function smallest(axes: readonly (readonly Choice[])[], fits: (set: Choice) => boolean): Choice | undefined {
  const most = axes.reduce((sum, choices) => sum + Math.max(...choices.map(({ length }) => length)), 0);
  const singles = axes.flat().filter(({ length }) => length === 1);
  const single = singles.sort((a, b) => (isHigher(a, b) ? -1 : 1)).find(fits);
  if (single !== undefined) return single;
  for (let size = 2; size <= most; size++) {
    let best: Choice | undefined;
    for (const set of setsOfSize(axes, size)) {
      const sorted = set.toSorted((a, b) => b.uploadSequence - a.uploadSequence);
      if ((best === undefined || isHigher(sorted, best)) && fits(sorted)) best = sorted;
    }
    if (best !== undefined) return best;
  }
  return undefined;
}

function* setsOfSize(axes: readonly (readonly Choice[])[], size: number, index = 0): Generator<Choice> {
  const choices = axes[index];
  if (choices === undefined) {
    if (size === 0) yield [];
    return;
  }
  for (const choice of choices) {
    if (choice.length > size) continue;
    for (const rest of setsOfSize(axes, size - choice.length, index + 1)) yield [...choice, ...rest];
  }
}

/** Compares two sets of one size, both descending by upload sequence. */
function isHigher(a: Choice, b: Choice): boolean {
  for (const [index, { uploadSequence }] of a.entries()) {
    const other = b[index]?.uploadSequence ?? 0;
    if (uploadSequence !== other) return uploadSequence > other;
  }
  return false;
}
