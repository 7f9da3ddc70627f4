/**
 * The heart of the service: what a platform may do at an instant, from its profile, licenses and
 * facts alone (EV-1). No I/O, no clock; the same inputs give the same answer, in whatever order
 * (EV-3).
 */
import { EvaluatedCapability } from "./evaluate-capability.ts";
import type { BaseStanding, Evaluation, ItemStanding, LicenseStanding, LicenseStatus } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import { hasEndedAt, type InstalledLicense, type Instant, phaseAt } from "./license.ts";
import { lockAt, nextLockAfter } from "./lock.ts";
import type { Profile } from "./profile.ts";
import { indexOf } from "./profile-index.ts";
import { Scope } from "./scope.ts";
import { serviceAt } from "./service.ts";
import { isHeard } from "./standing.ts";
import type { Standings } from "./standings.ts";
import { isUpgrade } from "./upgrades.ts";

/**
 * Evaluates a platform at an instant.
 *
 * @param at the instant, in ms; any instant may be asked (EV-2)
 */
export function evaluate(profile: Profile, platform: PlatformInput, at: Instant): Evaluation {
  const scope = new Scope(profile, platform);
  const standings = scope.standingsAt(at);
  const bases = [...profile.bases.keys()].map((item) => baseStanding(item, standings));
  const base = bases.find(isHeard) ?? firstOf(bases);
  const lock = lockAt(scope.locks, at);
  const noLicenseInForce = base.by === "NO_LICENSE";
  const { capabilities, nextChangeAt } = evaluateAll(scope, at);
  return {
    at,
    nextChangeAt,
    status: lock !== undefined ? "LOCKED" : bases.some(({ isRunning }) => isRunning) ? "VALID" : "EXPIRED",
    edition: base.edition ?? firstOf([...profile.noLicense.bases.values()]).edition,
    base,
    bases,
    noLicenseInForce,
    lock,
    nextLock: nextLockAfter(scope.locks, at),
    service: serviceAt(scope, bases, at),
    items: new Map([...profile.items.keys()].map((item) => [item, standings.standingOf(item)])),
    capabilities,
    licenses: scope.licenses.map((license) => standingOfLicense(license, standings, at)),
    meters: indexOf(profile).meterKeys.map((key) => standings.meter(key)),
  };
}

/** Every capability, and the first instant at which the answer of any of them changes. */
function evaluateAll(scope: Scope, at: Instant): Pick<Evaluation, "capabilities" | "nextChangeAt"> {
  const evaluated = [...scope.scene.profile.capabilities.values()].map(
    (definition) => new EvaluatedCapability(scope, definition, at),
  );
  const capabilities = evaluated.map(({ decision }) => decision);
  const expiry = earliest(capabilities.map(({ expiresAt }) => expiresAt));
  return { capabilities, nextChangeAt: firstChange(scope, evaluated, at, expiry) ?? expiry };
}

/** Before an outcome changes, a meter or the deciding licenses may. */
function firstChange(
  scope: Scope,
  evaluated: readonly EvaluatedCapability[],
  at: Instant,
  before: Instant | undefined,
): Instant | undefined {
  let instant = scope.boundaryAfter(at);
  while (instant !== undefined && (before === undefined || instant < before)) {
    const boundary = instant;
    if (evaluated.some((capability) => capability.isOtherAt(boundary))) return boundary;
    instant = scope.boundaryAfter(boundary);
  }
  return undefined;
}

function earliest(instants: readonly (Instant | undefined)[]): Instant | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function baseStanding(item: string, standings: Standings): BaseStanding {
  const { by, phase, edition } = standings.voiceOf(item);
  return { ...standings.standingOf(item), by, isRunning: phase === "RUNNING", edition };
}

function standingOfLicense(license: InstalledLicense, standings: Standings, at: Instant): LicenseStanding {
  return {
    license,
    status: statusOf(license, standings.standingOf(license.item), at),
    expired: hasEndedAt(license, at),
  };
}

/** An upgrade that has started is in force as long as it stands. */
function statusOf(license: InstalledLicense, { counting }: ItemStanding, at: Instant): LicenseStatus {
  const phase = phaseAt(license, at);
  if (phase === "ENDED") return "EXPIRED";
  if (phase !== "RUNNING") return phase;
  return isUpgrade(license) || counting.some(({ id }) => id === license.id) ? "VALID" : "REPLACED";
}

/** A profile has at least one base, and its no-license state names each of them. */
function firstOf<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error("the profile has no base");
  return first;
}
