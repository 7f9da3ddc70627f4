/**
 * What one capability may do, given how its items stand: the rows of rules section 7, one for each
 * source of the capability, of which the one that leaves most operations counts.
 */
import { CAPABILITY_REASONS, type ItemStanding, type Outcome } from "./evaluation.ts";
import { BASE_ITEM } from "./license.ts";
import type { NoLicensePhase } from "./no-license.ts";
import { editionTermOf, type Profile, type Situation } from "./profile.ts";

/** How everything that a decision looks at stands at one instant. */
export interface Standings {
  standingOf(item: string): ItemStanding;
  /** `undefined`: the no-license state is left out of account, as when deciding licenses are sought (EV-5). */
  readonly noLicense: NoLicensePhase | undefined;
}

/** The outcome of a capability, and whether the no-license state alone made it. */
export interface Decision {
  readonly outcome: Outcome;
  readonly isByNoLicenseState: boolean;
}

/** Whether the no-license state counts: only while no base license runs or has ended (LI-4). */
export function isNoLicenseStateInForce(standings: Standings): boolean {
  return standings.noLicense !== undefined && !isBaseHeard(standings);
}

/** A base license that runs or has ended speaks for the base; one that is only pending does not (LI-4). */
function isBaseHeard(standings: Standings): boolean {
  const { situation } = standings.standingOf(BASE_ITEM);
  return situation === "RUNNING" || situation === "EXPIRED";
}

/** Decides one capability of the profile. */
export function decide(profile: Profile, key: string, standings: Standings): Decision {
  const fromBase = profile.table[baseSituation(profile, key, standings)];
  let outcome = fromBase;
  for (const item of profile.givers.get(key) ?? []) {
    const situation = moduleSituation(item, standings);
    if (situation !== undefined) outcome = wider(outcome, profile.table[situation]);
  }
  return { outcome, isByNoLicenseState: outcome === fromBase && isNoLicenseStateInForce(standings) };
}

/** The row for the base: its edition, or the no-license state while that is in force. */
function baseSituation(profile: Profile, key: string, standings: Standings): Situation {
  const { situation, license } = standings.standingOf(BASE_ITEM);
  if (license !== undefined && isBaseHeard(standings)) {
    if (!editionTermOf(profile, license)?.includes.includes(key)) return "NOT_LICENSED";
    return situation === "RUNNING" ? "GIVEN" : "BASE_ENDED";
  }
  if (!profile.noLicense.capabilities.includes(key)) return "NOT_LICENSED";
  if (standings.noLicense === "IN_FORCE") return "GIVEN";
  return standings.noLicense === "OVER" ? "BASE_ENDED" : "NOT_LICENSED";
}

/** The row for a module that gives the capability; `undefined`: no license of it is installed. */
function moduleSituation(item: string, standings: Standings): Situation | undefined {
  switch (standings.standingOf(item).situation) {
    case "RUNNING":
      return runningModuleSituation(standings);
    case "EXPIRED":
      return "MODULE_ENDED";
    case "PENDING":
      return "MODULE_PENDING";
    case "NOT_LICENSED":
      return undefined;
  }
}

/** A module needs a base license; a no-license state that is over counts as an ended one. */
function runningModuleSituation(standings: Standings): Situation {
  const { situation } = standings.standingOf(BASE_ITEM);
  if (situation === "RUNNING") return "GIVEN";
  return situation === "EXPIRED" || standings.noLicense === "OVER"
    ? "MODULE_BASE_ENDED"
    : "MODULE_BASE_MISSING";
}

/** Of two outcomes the one that leaves more operations; of equal ones the one whose reason comes first. */
export function wider(a: Outcome, b: Outcome): Outcome {
  if (a.operations.length !== b.operations.length) return a.operations.length > b.operations.length ? a : b;
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
