/** After-sales service: a term, not a function (ZC-PL-6). */
import type { AfterSalesService, ItemStanding } from "./evaluation.ts";
import { BASE_ITEM, type InstalledLicense, type Instant } from "./license.ts";
import { editionTermOf, type Profile } from "./profile.ts";
import { type LicensesByItem, standingAt } from "./timeline.ts";

/**
 * The service to show: of the service items that run the one issued later; else the service end in
 * the base license that decides; if none runs, the one that ended last; `undefined`: there never was one.
 */
export function serviceAt(
  profile: Profile,
  byItem: LicensesByItem,
  base: ItemStanding,
  at: Instant,
): AfterSalesService | undefined {
  const items = [...profile.items.values()].filter(({ kind }) => kind === "service");
  const standings = items.map(({ name }) => standingAt(name, byItem.get(name) ?? [], at));
  const fromItems = standings.flatMap((standing) => serviceOfItem(standing));
  const running = fromItems
    .filter(({ expired }) => !expired)
    .sort((a, b) => b.license.issuedAt - a.license.issuedAt);
  const fromBase = serviceOfBase(profile, base, at);
  const ended = [...fromItems, ...fromBase]
    .filter(({ expired }) => expired)
    .sort((a, b) => (b.endsAt ?? 0) - (a.endsAt ?? 0));
  return running[0] ?? fromBase.find(({ expired }) => !expired) ?? ended[0];
}

function serviceOfItem({ item, situation, license }: ItemStanding): AfterSalesService[] {
  if (license === undefined || situation === "PENDING") return [];
  return [{ item, license, endsAt: license.endsAt, expired: situation === "EXPIRED" }];
}

function serviceOfBase(
  profile: Profile,
  { situation, license }: ItemStanding,
  at: Instant,
): AfterSalesService[] {
  if (license === undefined || situation === "PENDING" || !hasService(profile, license)) return [];
  const endsAt = license.serviceEndsAt;
  return endsAt === undefined ? [] : [{ item: BASE_ITEM, license, endsAt, expired: endsAt <= at }];
}

/** Trials carry no after-sales service (ZC-ED-3). */
function hasService(profile: Profile, license: InstalledLicense): boolean {
  return editionTermOf(profile, license)?.hasService ?? false;
}
