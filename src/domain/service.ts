/** After-sales service: a term, not a function (ZC-PL-6). */
import type { AfterSalesService, BaseStanding, ItemStanding } from "./evaluation.ts";
import type { InstalledLicense, Instant } from "./license.ts";
import { editionTermOf, type Profile } from "./profile.ts";
import type { Scope } from "./scope.ts";

/**
 * The service to show: of the service items that run the one issued later; else the service end in
 * the base license that decides, of several the latest; if none runs, the one that ended last; `undefined`:
 * there never was one.
 */
export function serviceAt(
  scope: Scope,
  bases: readonly BaseStanding[],
  at: Instant,
): AfterSalesService | undefined {
  const { profile } = scope.scene;
  const items = [...profile.items.values()].filter(({ kind }) => kind === "service");
  const fromItems = items.flatMap(({ name }) => serviceOfItem(scope.timelineOf(name).standingAt(at)));
  const running = fromItems
    .filter(({ expired }) => !expired)
    .sort(
      (a, b) =>
        b.license.issuedAt - a.license.issuedAt || b.license.uploadSequence - a.license.uploadSequence,
    );
  const fromBases = bases.flatMap((base) => servicesOfBase(profile, base, at)).sort(latestFirst);
  const ended = [...fromItems, ...fromBases].filter(({ expired }) => expired).sort(latestFirst);
  return running[0] ?? fromBases.find(({ expired }) => !expired) ?? ended[0];
}

/** The service that runs at an instant; `undefined`: none does. */
export function runningServiceAt(scope: Scope, at: Instant): AfterSalesService | undefined {
  const standings = scope.standingsAt(at);
  const bases = [...scope.scene.profile.bases.keys()].map((item): BaseStanding => {
    const { by, phase, edition } = standings.voiceOf(item);
    return { ...standings.standingOf(item), by, isRunning: phase === "RUNNING", edition };
  });
  const service = serviceAt(scope, bases, at);
  return service?.expired === false ? service : undefined;
}

function serviceOfItem({ item, situation, license }: ItemStanding): AfterSalesService[] {
  if (license === undefined || !(situation === "RUNNING" || situation === "EXPIRED")) return [];
  return [{ item, license, endsAt: license.endsAt, expired: situation === "EXPIRED" }];
}

/**
 * Of the licenses that count now; of a base that has ended, of the one that is shown. While a base license has
 * lost its USB key its service does not run, and is told only once it has ended.
 */
function servicesOfBase(
  profile: Profile,
  { item, situation, license, counting }: BaseStanding,
  at: Instant,
): AfterSalesService[] {
  if (license === undefined || situation === "PENDING") return [];
  const licenses = counting.length > 0 ? counting : [license];
  return licenses
    .filter((one) => hasService(profile, one))
    .flatMap((one) => {
      const endsAt = one.serviceEndsAt;
      return endsAt === undefined ? [] : [{ item, license: one, endsAt, expired: endsAt <= at }];
    })
    .filter(({ expired }) => expired || situation !== "USB_KEY_LOST");
}

function latestFirst(a: AfterSalesService, b: AfterSalesService): number {
  return (b.endsAt ?? 0) - (a.endsAt ?? 0) || b.license.uploadSequence - a.license.uploadSequence;
}

/** Trials carry no after-sales service (ZC-ED-3). */
function hasService(profile: Profile, license: InstalledLicense): boolean {
  return editionTermOf(profile, license)?.hasService ?? false;
}
