/** Upgrade licenses: from its start each lifts every license of its source edition (US-UP-1). */
import type { Instant, License } from "./license.ts";

/** Whether a license is an upgrade: it gives no quantity of its own. */
export function isUpgrade(license: Pick<License, "fromEdition">): boolean {
  return license.fromEdition !== undefined;
}

/** Upgrades of one item that have started, by source edition. */
export function startedUpgrades(licenses: readonly License[], at: Instant): ReadonlyMap<string, string> {
  const lifted = new Map<string, string>();
  for (const { fromEdition, edition, startsAt } of licenses) {
    if (fromEdition !== undefined && edition !== undefined && startsAt <= at)
      lifted.set(fromEdition, edition);
  }
  return lifted;
}

/**
 * The edition that a license has at an instant, after the upgrades that have started.
 *
 * @param licenses licenses of its item, in any order; those that are no upgrades do not matter
 */
export function editionAt(
  licenses: readonly License[],
  license: Pick<License, "edition">,
  at: Instant,
): string | undefined {
  return liftedBy(startedUpgrades(licenses, at), license.edition);
}

/** The edition that upgrades lift another to. Upgrades only go up, so that the steps end. */
export function liftedBy(
  upgrades: ReadonlyMap<string, string>,
  edition: string | undefined,
): string | undefined {
  let lifted = edition;
  for (let step = 0; lifted !== undefined && step < upgrades.size; step++)
    lifted = upgrades.get(lifted) ?? lifted;
  return lifted;
}
