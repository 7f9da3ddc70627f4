/** When after-sales service ends: the instant from which on no term of service runs (EV-9). */
import { bufferEndsOf } from "./buffer-end.ts";
import type { PlatformInput } from "./facts.ts";
import type { Instant } from "./license.ts";
import { boundariesOf } from "./next-alert-change.ts";
import type { Profile } from "./profile.ts";
import { Scope } from "./scope.ts";
import { runningServiceAt } from "./service.ts";
import { ascending } from "./timeline.ts";

/** The end of a service that runs. */
export interface ServiceEnd {
  /** The service item, or the base item, that gives the last of it. */
  readonly item: string;
  readonly endsAt: Instant;
  /** Since when service has run without a gap, looking back to `withinMs` before its end. */
  readonly beganAt: Instant;
}

/**
 * The end of the service that runs at an instant, if it is at most `withinMs` away; `undefined`: it is not, none
 * runs, or it ends with the buffer of a USB key, which has an alert of its own.
 */
export function serviceEndWithin(
  profile: Profile,
  platform: PlatformInput,
  at: Instant,
  withinMs: number,
): ServiceEnd | undefined {
  // Of modules there may be many, and they carry no service.
  const carriers = platform.licenses.filter(({ item }) => profile.items.get(item)?.kind !== "module");
  const carried = { ...platform, licenses: carriers };
  const scope = new Scope(profile, carried);
  const instants = ascending(boundariesOf(profile, carried));
  let last = runningServiceAt(scope, at);
  if (last === undefined) return undefined;
  for (const instant of instants.filter((boundary) => boundary > at && boundary <= at + withinMs)) {
    const service = runningServiceAt(scope, instant);
    if (service === undefined) {
      if (bufferEndsOf({ profile, platform: carried }).takeService(instant)) return undefined;
      const from = instant - withinMs;
      const past = [from, ...instants.filter((boundary) => boundary > from && boundary <= at)];
      return { item: last.item, endsAt: instant, beganAt: lastBegin(scope, past) };
    }
    last = service;
  }
  return undefined;
}

/** The first of these instants, ascending, after the last of them at which no service runs. */
function lastBegin(scope: Scope, instants: readonly Instant[]): Instant {
  const gap = instants.findLastIndex((instant) => runningServiceAt(scope, instant) === undefined);
  return instants[gap + 1] ?? Number.NEGATIVE_INFINITY;
}
