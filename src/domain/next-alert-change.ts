import type { PlatformInput } from "./facts.ts";
import { boundariesOfLicense, DAY_MS, type Instant } from "./license.ts";
import { noLicenseBoundaries } from "./no-license.ts";
import type { Profile } from "./profile.ts";

/**
 * The next instant after `at` at which any alert may begin, change or stand no longer by time alone (EV-2);
 * `undefined`: none ever does. Until then `alertsAt` is constant. At the instant itself nothing need change.
 */
export function nextAlertChangeAt(
  profile: Profile,
  platform: PlatformInput,
  at: Instant,
): Instant | undefined {
  let next = Number.POSITIVE_INFINITY;
  for (const instant of instantsOf(profile, platform)) {
    if (instant > at && instant < next) next = instant;
  }
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

/** Every beginning and end, since a license that begins may give less than what it replaces; and when each is near. */
function instantsOf(profile: Profile, platform: PlatformInput): readonly Instant[] {
  const { licenseDays, serviceDays } = profile.reminders;
  const boundaries = boundariesOf(profile, platform);
  // "Less than 15 days" begins a millisecond after the 15th day before, "30 days or less" on the 30th.
  return boundaries.flatMap((at) => [at - licenseDays * DAY_MS + 1, at - serviceDays * DAY_MS, at]);
}

/** Every instant at which rights or service may change, in any order. */
export function boundariesOf({ noLicense }: Profile, { licenses, facts }: PlatformInput): readonly Instant[] {
  const ofLicenses = licenses.flatMap((license) => [...boundariesOfLicense(license), license.serviceEndsAt]);
  const ofBuffers = facts.usb?.buffers.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt]) ?? [];
  return [
    ...facts.reacquiredAt,
    ...noLicenseBoundaries(noLicense, facts),
    ...ofBuffers,
    ...ofLicenses,
  ].filter((instant) => instant !== undefined);
}
