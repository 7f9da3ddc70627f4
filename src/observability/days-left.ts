/** How long rights last, in days, for people who plan renewals. */
import { DAY_MS, type InstalledLicense, type Instant } from "../domain/license.ts";

/** Days until an instant; negative once it has passed. */
export function daysUntil(instant: Instant, now: Instant): number {
  return (instant - now) / DAY_MS;
}

/**
 * Until when licenses of one item run without a gap, successors that are installed already counted;
 * once none runs, the last end. `undefined`: without an end, or none of them has ever run.
 */
export function endOfRights(licenses: readonly InstalledLicense[], now: Instant): Instant | undefined {
  let end = now;
  let isLonger = true;
  while (isLonger) {
    isLonger = false;
    for (const { startsAt, endsAt } of licenses) {
      if (startsAt > end || (endsAt !== undefined && endsAt <= end)) continue;
      if (endsAt === undefined) return undefined;
      end = endsAt;
      isLonger = true;
    }
  }
  return end > now ? end : lastEnd(licenses, now);
}

function lastEnd(licenses: readonly InstalledLicense[], now: Instant): Instant | undefined {
  const ends = licenses.flatMap(({ endsAt }) => (endsAt !== undefined && endsAt <= now ? [endsAt] : []));
  return ends.length === 0 ? undefined : Math.max(...ends);
}
