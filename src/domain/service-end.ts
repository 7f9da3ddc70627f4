/** When after-sales service ends: the instant from which on no term of service runs (EV-9). */
import type { AfterSalesService, BaseStanding } from "./evaluation.ts";
import type { PlatformInput } from "./facts.ts";
import type { Instant } from "./license.ts";
import { boundariesOf } from "./next-alert-change.ts";
import type { Profile } from "./profile.ts";
import { Scope } from "./scope.ts";
import { serviceAt } from "./service.ts";
import { ascending } from "./timeline.ts";

/** The end of a service that runs. */
export interface ServiceEnd {
  /** The service item, or the base item, that gives the last of it. */
  readonly item: string;
  readonly endsAt: Instant;
  /** Since when service has run without a gap, looking back to `withinMs` before its end. */
  readonly beganAt: Instant;
}

/** The end of the service that runs at an instant, if it is at most `withinMs` away; `undefined`: it is not, or none runs. */
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
  let last = runningService(scope, at);
  if (last === undefined) return undefined;
  for (const instant of instants.filter((boundary) => boundary > at && boundary <= at + withinMs)) {
    const service = runningService(scope, instant);
    if (service === undefined) {
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
  const gap = instants.findLastIndex((instant) => runningService(scope, instant) === undefined);
  return instants[gap + 1] ?? Number.NEGATIVE_INFINITY;
}

function runningService(scope: Scope, at: Instant): AfterSalesService | undefined {
  const standings = scope.standingsAt(at);
  const bases = [...scope.scene.profile.bases.keys()].map((item): BaseStanding => {
    const { by, phase, edition } = standings.voiceOf(item);
    return { ...standings.standingOf(item), by, isRunning: phase === "RUNNING", edition };
  });
  const service = serviceAt(scope, bases, at);
  return service?.expired === false ? service : undefined;
}
