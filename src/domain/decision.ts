/**
 * What one capability may do, given how its items stand: the rows of rules section 7, one for each
 * source of the capability, of which the one that leaves most operations counts; over quota,
 * prerequisites and the lock are laid over it.
 */
import { CAPABILITY_REASONS, type Outcome } from "./evaluation.ts";
import { unmetPrerequisite } from "./prerequisite.ts";
import type { CapabilityDefinition, Profile } from "./profile.ts";
import { indexOf } from "./profile-index.ts";
import { isEndedVoice, type Scene, type Standings } from "./standings.ts";

/** Decides one capability of the profile. */
export function decide(scene: Scene, definition: CapabilityDefinition, standings: Standings): Outcome {
  const { table } = scene.profile;
  let outcome = table.NOT_LICENSED;
  for (const base of scene.profile.bases.keys()) {
    outcome = wider(outcome, baseRow(scene.profile, definition.key, base, standings));
  }
  for (const item of scene.profile.givers.get(definition.key) ?? []) {
    const row = moduleRow(scene, item, standings);
    if (row !== undefined) outcome = wider(outcome, row);
  }
  // Nothing is laid over what is not licensed.
  if (outcome === table.NOT_LICENSED) return outcome;
  if (isOverQuota(scene, definition, standings)) outcome = narrower(outcome, table.OVER_QUOTA);
  return standings.isLocked ? narrower(outcome, table.PLATFORM_LOCKED) : outcome;
}

/** The row for one base: its edition, or the no-license state where that speaks for it. */
function baseRow(profile: Profile, key: string, base: string, standings: Standings): Outcome {
  const { by, phase, term } = standings.voiceOf(base);
  const includes = by === "NO_LICENSE" ? profile.noLicense.bases.get(base)?.capabilities : term?.includes;
  if (!includes?.includes(key)) return profile.table.NOT_LICENSED;
  switch (phase) {
    case "RUNNING":
      return profile.table.GIVEN;
    case "LOST":
      return profile.table.BASE_KEY_LOST;
    case "ENDED":
      return profile.table.BASE_ENDED;
    case "PENDING":
      return profile.table.MODULE_PENDING;
    case "NONE":
      return profile.table.NOT_LICENSED;
  }
}

/** The row for a module that gives the capability; `undefined`: nothing gives the module. */
function moduleRow(scene: Scene, item: string, standings: Standings): Outcome | undefined {
  const { table } = scene.profile;
  const free = standings.noLicenseOf(item);
  const { situation } = standings.standingOf(item);
  if (situation === "RUNNING" || free === "IN_FORCE") return runningModuleRow(scene, item, standings);
  if (situation === "USB_KEY_LOST") return table.MODULE_KEY_LOST;
  if (situation === "EXPIRED" || free === "OVER") return table.MODULE_ENDED;
  return situation === "PENDING" || free === "PENDING" ? table.MODULE_PENDING : undefined;
}

function runningModuleRow(scene: Scene, item: string, standings: Standings): Outcome {
  const { table, items } = scene.profile;
  const bases = items.get(item)?.prerequisite?.bases ?? [];
  const row = table[baseBelow(scene.profile, bases, standings)];
  const unmet = unmetPrerequisite(scene, item, standings);
  return unmet === undefined ? row : narrower(row, table[unmet]);
}

/**
 * How the base below a module stands. Where an edition is asked for, that of the no-license state serves as
 * well; else a module needs a base license. One whose USB key is lost, and a no-license state that is over,
 * count as an ended one.
 */
function baseBelow(profile: Profile, bases: readonly string[], standings: Standings) {
  const voices = (bases.length > 0 ? bases : [...profile.bases.keys()]).map((base) =>
    standings.voiceOf(base),
  );
  const serves = ({ by }: { readonly by: string }) => bases.length > 0 || by === "LICENSE";
  if (voices.some((voice) => voice.phase === "RUNNING" && serves(voice))) return "GIVEN";
  return voices.some(isEndedVoice) ? "MODULE_BASE_ENDED" : "MODULE_BASE_MISSING";
}

/** A meter of its own is over, or one of the base of its architecture. */
function isOverQuota(
  { profile, metersInUse }: Scene,
  { meters, base }: CapabilityDefinition,
  standings: Standings,
): boolean {
  if (metersInUse.size === 0) return false;
  const isOver = (meter: string) => metersInUse.has(meter) && standings.meter(meter).over;
  if (meters.some(isOver)) return true;
  for (const [item, units] of indexOf(profile).baseMeters) {
    if ((base === undefined || base === item) && units.some(isOver)) return true;
  }
  return false;
}

/** Of two outcomes the one that leaves more operations; of equal ones the one whose reason comes first. */
export function wider(a: Outcome, b: Outcome): Outcome {
  if (a.operations.length !== b.operations.length) return a.operations.length > b.operations.length ? a : b;
  return first(a, b);
}

/** Of two outcomes the one that leaves fewer operations; of equal ones the one whose reason comes first. */
export function narrower(a: Outcome, b: Outcome): Outcome {
  if (a.operations.length !== b.operations.length) return a.operations.length < b.operations.length ? a : b;
  return first(a, b);
}

function first(a: Outcome, b: Outcome): Outcome {
  return CAPABILITY_REASONS.indexOf(a.reason) <= CAPABILITY_REASONS.indexOf(b.reason) ? a : b;
}

/** Same state, reason, operations and entry. Outcomes come out of the profile's table, one object each. */
export function isSameOutcome(a: Outcome, b: Outcome): boolean {
  return (
    a === b || (a.state === b.state && a.reason === b.reason && a.entry === b.entry && sameOperations(a, b))
  );
}

function sameOperations(a: Outcome, b: Outcome): boolean {
  return a.operations.length === b.operations.length && a.operations.every((op, i) => op === b.operations[i]);
}
