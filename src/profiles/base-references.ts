import { BASE_ITEM } from "../domain/license.ts";
import { unknownNames } from "./names.ts";
import type { ProfileFile } from "./schema.ts";

type BaseFile = ProfileFile["bases"][string];
type TermFile = NonNullable<BaseFile["editions"][string]["terms"]["paid"]>;

/** What is wrong with the bases of a file: their names, editions and upgrades. */
export function baseProblems(file: ProfileFile): readonly string[] {
  return Object.entries(file.bases).flatMap(([item, base]) => [
    ...nameProblems(file, item, base),
    ...editionProblems(file, item, base),
    ...upgradeProblems(item, base),
  ]);
}

/** A base besides the main one is that of its architecture: "base-arm" of "arm". */
function nameProblems({ bases }: ProfileFile, item: string, base: BaseFile): readonly string[] {
  const { architecture } = base;
  const isSole = Object.keys(bases).length === 1;
  const rivals = Object.values(bases).filter((other) => other !== base);
  return [
    ...(item === BASE_ITEM || item === `${BASE_ITEM}-${architecture}`
      ? []
      : [`bases.${item}: expected the name "${BASE_ITEM}-${architecture ?? "<architecture>"}"`]),
    ...(isSole || architecture !== undefined
      ? []
      : [`bases.${item}.architecture: expected one, as there are several bases`]),
    ...(architecture !== undefined && rivals.some((other) => other.architecture === architecture)
      ? [`bases.${item}.architecture: expected one base for "${architecture}", found several`]
      : []),
  ];
}

function editionProblems(file: ProfileFile, item: string, { editions, units }: BaseFile): readonly string[] {
  const known = Object.keys(file.capabilities);
  const all = Object.entries(editions);
  if (all.length === 0) return [`bases.${item}.editions: expected one at least`];
  return all.flatMap(([name, { includes, terms }]) => {
    const at = `bases.${item}.editions.${name}`;
    const sold = Object.entries(terms);
    return [
      ...unknownNames(`${at}.includes`, includes, "one of capabilities", known),
      ...(sold.length === 0 ? [`${at}.terms: expected one at least`] : []),
      ...sold.flatMap(([term, sale]) => [
        ...unknownNames(`${at}.terms.${term}.includes`, sale.includes, "one of capabilities", known),
        ...termProblems(`${at}.terms.${term}`, term, sale, units),
      ]),
    ];
  });
}

function termProblems(
  at: string,
  term: string,
  { requiredUnits, trial }: TermFile,
  units: readonly string[],
): readonly string[] {
  return [
    ...unknownNames(`${at}.requiredUnits`, requiredUnits, "a unit of the base", units),
    ...unknownNames(`${at}.trial.quotas`, Object.keys(trial?.quotas ?? {}), "a unit of the base", units),
    ...(trial !== undefined && term !== "trial" ? [`${at}.trial: expected only on the term "trial"`] : []),
  ];
}

/** Upgrades only go up, and to an edition that is sold on every term of the one they lift (US-UP-1). */
function upgradeProblems(item: string, { editions, upgrades }: BaseFile): readonly string[] {
  const order = Object.keys(editions);
  return Object.entries(upgrades).flatMap(([source, targets]) => {
    const at = `bases.${item}.upgrades`;
    const terms = Object.keys(editions[source]?.terms ?? {});
    return [
      ...unknownNames(at, [source], "one of its editions", order),
      ...unknownNames(`${at}.${source}`, targets, "one of its editions", order),
      ...targets
        .filter((target) => order.includes(target) && order.indexOf(target) <= order.indexOf(source))
        .map((target) => `${at}.${source}: expected an edition above "${source}", found "${target}"`),
      ...targets
        .filter((target) => terms.some((term) => !Object.hasOwn(editions[target]?.terms ?? {}, term)))
        .filter((target) => order.includes(target))
        .map((target) => `${at}.${source}: expected "${target}" to have the terms ${terms.join(", ")}`),
    ];
  });
}
