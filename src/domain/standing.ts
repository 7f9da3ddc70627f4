/** How one item stands at an instant, by its licenses alone. */
import type { ItemStanding } from "./evaluation.ts";
import {
  hasEndedAt,
  type InstalledLicense,
  type Instant,
  isCarriedAt,
  type LicensePhase,
  phaseAt,
  runsAt,
} from "./license.ts";
import type { Merge } from "./profile.ts";
import { isUpgrade, liftedBy, startedUpgrades } from "./upgrades.ts";

/** The licenses of one item, ascending by upload sequence, upgrades apart. */
export interface ItemLicenses {
  readonly quantities: readonly InstalledLicense[];
  readonly upgrades: readonly InstalledLicense[];
}

/** Sets the upgrades of an item apart. */
export function splitUpgrades(licenses: readonly InstalledLicense[]): ItemLicenses {
  const upgrades = licenses.filter(isUpgrade);
  if (upgrades.length === 0) return { quantities: licenses, upgrades };
  return { quantities: licenses.filter((license) => !isUpgrade(license)), upgrades };
}

/**
 * The licenses that speak for an item: of those that run the highest upload sequence (LI-3), or all of them
 * where licenses add up (US-TE-4); else of those whose USB key is lost the highest sequence; else the one that
 * ended last; else the one that starts first, then the highest sequence (LI-4).
 */
export function standingAt(
  merge: Merge,
  item: string,
  { quantities, upgrades }: ItemLicenses,
  at: Instant,
): ItemStanding {
  const decides = quantities.findLast((license) => runsAt(license, at));
  const license =
    decides ?? lastLost(quantities, at) ?? lastEnded(quantities, at) ?? firstToCome(quantities, at);
  return {
    item,
    situation: license === undefined ? "NOT_LICENSED" : SITUATIONS[phaseAt(license, at)],
    license,
    counting: countingAt(merge, quantities, decides, at),
    edition:
      upgrades.length === 0
        ? license?.edition
        : liftedBy(startedUpgrades(carriedAt(upgrades, at), at), license?.edition),
  };
}

function countingAt(
  merge: Merge,
  quantities: readonly InstalledLicense[],
  decides: InstalledLicense | undefined,
  at: Instant,
): readonly InstalledLicense[] {
  if (decides === undefined) return [];
  return merge === "sum" ? quantities.filter((license) => runsAt(license, at)) : [decides];
}

const SITUATIONS: Readonly<Record<LicensePhase, ItemStanding["situation"]>> = {
  RUNNING: "RUNNING",
  USB_KEY_LOST: "USB_KEY_LOST",
  ENDED: "EXPIRED",
  PENDING: "PENDING",
};

function carriedAt(licenses: readonly InstalledLicense[], at: Instant): readonly InstalledLicense[] {
  return licenses.filter((license) => isCarriedAt(license, at));
}

function lastLost(licenses: readonly InstalledLicense[], at: Instant): InstalledLicense | undefined {
  return licenses.findLast((license) => phaseAt(license, at) === "USB_KEY_LOST");
}

function lastEnded(licenses: readonly InstalledLicense[], at: Instant): InstalledLicense | undefined {
  let last: InstalledLicense | undefined;
  for (const license of licenses) {
    if (hasEndedAt(license, at) && (license.endsAt ?? 0) >= (last?.endsAt ?? 0)) last = license;
  }
  return last;
}

/** The license that starts next: the earliest start, then the highest upload sequence (LI-4). */
export function firstToCome(
  licenses: readonly InstalledLicense[],
  at: Instant,
): InstalledLicense | undefined {
  let first: InstalledLicense | undefined;
  for (const license of licenses) {
    if (license.startsAt <= at) continue;
    if (first === undefined || license.startsAt < first.startsAt) first = license;
    else if (license.startsAt === first.startsAt && license.uploadSequence > first.uploadSequence)
      first = license;
  }
  return first;
}

/** The license that starts next and will run then, since it needs no USB key that is away. */
export function firstToRun(licenses: readonly InstalledLicense[], at: Instant): InstalledLicense | undefined {
  return firstToCome(carriedAtStart(licenses), at);
}

function carriedAtStart(licenses: readonly InstalledLicense[]): readonly InstalledLicense[] {
  return licenses.filter((license) => isCarriedAt(license, license.startsAt));
}

/** Whether a license for the item has started, be it over, lost with its key or neither: then it speaks for the item. */
export function isHeard({ situation }: Pick<ItemStanding, "situation">): boolean {
  return situation === "RUNNING" || situation === "USB_KEY_LOST" || situation === "EXPIRED";
}

/**
 * Whether two standings of one item do the same for every decision: only the licenses that speak differ.
 *
 * @param amounts amounts in use by unit: of a quota it matters which of them it covers
 * @param isExact the quota itself matters, since what is beyond it counts elsewhere (ZC-PL-4)
 */
export function isSameFace(
  a: ItemStanding,
  b: ItemStanding,
  amounts: ReadonlyMap<string, readonly bigint[]>,
  isExact: boolean,
): boolean {
  if (a.situation !== b.situation || a.edition !== b.edition) return false;
  if (a.license !== b.license && a.license?.term !== b.license?.term) return false;
  for (const [unit, inUse] of amounts) {
    const before = totalOf(a.counting, unit);
    const after = totalOf(b.counting, unit);
    if (before === after) continue;
    if (isExact || inUse.some((amount) => isCovered(amount, before) !== isCovered(amount, after)))
      return false;
  }
  return true;
}

function isCovered(amount: bigint, total: bigint | undefined): boolean {
  return total === undefined || amount <= total;
}

/** `undefined`: not limited, for one of the licenses does not name the unit. */
function totalOf(licenses: readonly InstalledLicense[], unit: string): bigint | undefined {
  let total = 0n;
  for (const { quotas } of licenses) {
    const amount = quotas.get(unit);
    if (amount === undefined) return undefined;
    total += amount;
  }
  return total;
}
