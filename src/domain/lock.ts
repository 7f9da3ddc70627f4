/**
 * Locks: at the end of a temporary license the platform is locked while others of its item run on, until
 * the licenses are re-acquired (US-TE-4, US-TE-5, US-TE-6).
 */
import type { Lock } from "./evaluation.ts";
import { hasEndedAt, type InstalledLicense, type Instant } from "./license.ts";
import type { Profile } from "./profile.ts";
import { isUpgrade } from "./upgrades.ts";

/** A lock with the instant that lifts it. */
export interface LockSpan extends Lock {
  /** First re-acquisition at or after {@link Lock.since}; `undefined`: there was none yet. */
  readonly until: Instant | undefined;
}

/** Every lock that the licenses of a platform make at any time, ascending by its beginning. */
export function locksOf(
  profile: Profile,
  byItem: ReadonlyMap<string, readonly InstalledLicense[]>,
  reacquiredAt: readonly Instant[],
): readonly LockSpan[] {
  if (!profile.locks) return [];
  const lifting = [...reacquiredAt].sort((a, b) => a - b);
  return [...byItem]
    .flatMap(([item, licenses]) =>
      licenses
        .filter((license) => makesLock(license, licenses))
        .map((ended): LockSpan => {
          const since = ended.endsAt ?? 0;
          return { since, until: lifting.find((instant) => instant >= since), item, ended };
        }),
    )
    .sort((a, b) => a.since - b.since || b.ended.uploadSequence - a.ended.uploadSequence);
}

/** Only licenses that ran beside it before its end count; one that starts at it does not (US-TE-5). */
function makesLock(license: InstalledLicense, licenses: readonly InstalledLicense[]): boolean {
  const { term, endsAt } = license;
  if (term !== "temporary" || endsAt === undefined) return false;
  return licenses.some((other) => other !== license && runsOn(other, endsAt));
}

/** Whether a license ran before an instant and runs on at it. */
export function runsOn(license: InstalledLicense, at: Instant): boolean {
  return !isUpgrade(license) && license.startsAt < at && !hasEndedAt(license, at);
}

/** The lock that stands at an instant: of several the first. */
export function lockAt(locks: readonly LockSpan[], at: Instant): Lock | undefined {
  return locks.find(({ since, until }) => since <= at && (until === undefined || at < until));
}

/** Items whose locks stand at an instant. */
export function lockedItemsAt(locks: readonly LockSpan[], at: Instant): readonly string[] {
  const standing = locks.filter(({ since, until }) => since <= at && (until === undefined || at < until));
  return [...new Set(standing.map(({ item }) => item))];
}

/** The lock that comes next after an instant. */
export function nextLockAfter(locks: readonly LockSpan[], at: Instant): Lock | undefined {
  return locks.find(({ since }) => since > at);
}

/** Instants at which a lock begins or is lifted. */
export function lockBoundaries(locks: readonly LockSpan[]): readonly Instant[] {
  return locks.flatMap(({ since, until }) => (until === undefined ? [since] : [since, until]));
}
