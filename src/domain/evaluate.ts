/**
 * The heart of the service: what a platform may do at an instant, from its profile, licenses and
 * facts alone (EV-1). No I/O, no clock; the same inputs give the same answer, in whatever order
 * (EV-3).
 */
import { decidingLicenses } from "./deciding.ts";
import { type Decision, decide, isNoLicenseStateInForce, isSameOutcome, type Standings } from "./decision.ts";
import type {
  CapabilityDecision,
  Evaluation,
  ItemStanding,
  LicenseStanding,
  LicenseStatus,
  MeterReading,
} from "./evaluation.ts";
import type { PlatformFacts } from "./facts.ts";
import { BASE_ITEM, hasEndedAt, type InstalledLicense, type Instant, runsAt } from "./license.ts";
import { isSameReading, meterKeysOf, readMeter, splitMeterKey } from "./meters.ts";
import { noLicenseBoundaries, noLicensePhaseAt } from "./no-license.ts";
import type { CapabilityDefinition, Profile } from "./profile.ts";
import { serviceAt } from "./service.ts";
import { boundariesOf, groupByItem, type LicensesByItem, standingAt } from "./timeline.ts";

/** Everything an evaluation looks at, with the standings of each instant worked out once. */
interface Scope {
  readonly profile: Profile;
  readonly byItem: LicensesByItem;
  standingsAt(at: Instant): Standings;
  /** Instants at which something about these items may change, ascending. */
  boundariesOf(items: readonly string[]): readonly Instant[];
}

/** The part of a capability's answer that is compared from instant to instant. */
interface Moment {
  readonly decision: Decision;
  readonly meters: readonly MeterReading[];
  readonly licenses: readonly InstalledLicense[];
}

/**
 * Evaluates a platform at an instant.
 *
 * @param licenses installed licenses, completed by `completeLicense`, in any order
 * @param at the instant, in ms; any instant may be asked (EV-2)
 */
export function evaluate(
  profile: Profile,
  licenses: readonly InstalledLicense[],
  facts: PlatformFacts,
  at: Instant,
): Evaluation {
  const scope = createScope(profile, groupByItem(licenses), facts);
  const standings = scope.standingsAt(at);
  const evaluated = [...profile.capabilities.values()].map((definition) =>
    evaluateCapability(scope, definition, at),
  );
  const base = standings.standingOf(BASE_ITEM);
  const noLicenseInForce = isNoLicenseStateInForce(standings);
  return {
    at,
    nextChangeAt: earliest(evaluated.map(({ changesAt }) => changesAt)),
    status:
      base.situation === "RUNNING" || (noLicenseInForce && standings.noLicense === "IN_FORCE")
        ? "VALID"
        : "EXPIRED",
    edition: (noLicenseInForce ? undefined : base.license?.edition) ?? profile.noLicense.edition,
    base,
    noLicenseInForce,
    service: serviceAt(profile, scope.byItem, base, at),
    capabilities: evaluated.map(({ decision }) => decision),
    licenses: [...scope.byItem.values()]
      .flat()
      .sort(bySequence)
      .map((license) => standingOfLicense(license, standings, at)),
    meters: meterKeysOf(profile).map((key) => readMeter(profile, key, standings)),
  };
}

function createScope(profile: Profile, byItem: LicensesByItem, facts: PlatformFacts): Scope {
  const boundaries = new Map([...byItem].map(([item, licenses]) => [item, boundariesOf(licenses)]));
  const known = new Map<Instant, Standings>();
  return {
    profile,
    byItem,
    standingsAt(at) {
      const standings = known.get(at) ?? createStandings(profile, byItem, facts, at);
      known.set(at, standings);
      return standings;
    },
    boundariesOf(items) {
      const instants = items.flatMap((item) => boundaries.get(item) ?? []);
      return [...new Set([...instants, ...noLicenseBoundaries(profile.noLicense, facts)])].sort(
        (a, b) => a - b,
      );
    },
  };
}

function createStandings(
  profile: Profile,
  byItem: LicensesByItem,
  facts: PlatformFacts,
  at: Instant,
): Standings {
  const known = new Map<string, ItemStanding>();
  return {
    noLicense: noLicensePhaseAt(profile.noLicense, facts, at),
    standingOf(item) {
      const standing = known.get(item) ?? standingAt(item, byItem.get(item) ?? [], at);
      known.set(item, standing);
      return standing;
    },
  };
}

function evaluateCapability(
  scope: Scope,
  definition: CapabilityDefinition,
  at: Instant,
): { decision: CapabilityDecision; changesAt: Instant | undefined } {
  const boundaries = scope.boundariesOf(itemsOf(scope.profile, definition));
  const later = boundaries.filter((boundary) => boundary > at);
  const now = momentAt(scope, definition, at);
  const { outcome } = now.decision;
  const differs = (instant: Instant) => !isSameOutcome(decideAt(scope, definition, instant).outcome, outcome);
  const expiresAt = later.find(differs);
  const changesAt = later.find(
    (instant) => instant === expiresAt || !isSameMoment(momentAt(scope, definition, instant), now),
  );
  const decision: CapabilityDecision = {
    ...outcome,
    key: definition.key,
    domain: definition.domain,
    meters: now.meters,
    licenseIds: now.licenses.map(({ id }) => id).sort(),
    effectiveAt: effectiveSince(boundaries, at, differs),
    expiresAt,
    next: expiresAt === undefined ? undefined : decideAt(scope, definition, expiresAt).outcome,
  };
  return { decision, changesAt };
}

/** Items that may change anything about a capability: the base, its modules, the items of its meters. */
function itemsOf(profile: Profile, { key, meters }: CapabilityDefinition): readonly string[] {
  const metered = meters.map((meter) => splitMeterKey(meter).item);
  const alternatives = metered.flatMap((item) => profile.items.get(item)?.alternatives ?? []);
  return [...new Set([BASE_ITEM, ...(profile.givers.get(key) ?? []), ...metered, ...alternatives])];
}

function decideAt(scope: Scope, { key }: CapabilityDefinition, at: Instant): Decision {
  return decide(scope.profile, key, scope.standingsAt(at));
}

function momentAt(scope: Scope, definition: CapabilityDefinition, at: Instant): Moment {
  const decision = decideAt(scope, definition, at);
  const standings = scope.standingsAt(at);
  return {
    decision,
    meters: definition.meters.map((meter) => readMeter(scope.profile, meter, standings)),
    licenses: decidingLicenses(scope.profile, definition.key, scope.byItem, decision, at),
  };
}

function isSameMoment(a: Moment, b: Moment): boolean {
  return (
    isSameOutcome(a.decision.outcome, b.decision.outcome) &&
    a.licenses.length === b.licenses.length &&
    a.licenses.every((license, i) => license.id === b.licenses[i]?.id) &&
    a.meters.every((meter, i) => isSameReading(meter, b.meters[i] ?? meter))
  );
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

function standingOfLicense(license: InstalledLicense, standings: Standings, at: Instant): LicenseStanding {
  return { license, status: statusOf(license, standings, at), expired: hasEndedAt(license, at) };
}

function statusOf(license: InstalledLicense, standings: Standings, at: Instant): LicenseStatus {
  if (hasEndedAt(license, at)) return "EXPIRED";
  if (!runsAt(license, at)) return "PENDING";
  return standings.standingOf(license.item).license?.id === license.id ? "VALID" : "REPLACED";
}

function bySequence(a: InstalledLicense, b: InstalledLicense): number {
  return a.uploadSequence - b.uploadSequence;
}

function earliest(instants: readonly (Instant | undefined)[]): Instant | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
