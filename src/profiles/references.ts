/**
 * What a profile file refers to must be there. Every problem names its path in the file and what was
 * expected, and all of them are told at once.
 */
import { BASE_ITEM } from "../domain/license.ts";
import { baseProblems } from "./base-references.ts";
import { itemProblems } from "./item-references.ts";
import { metersOf, unknownNames } from "./names.ts";
import type { ProfileFile } from "./schema.ts";
import { tableProblems } from "./table-rules.ts";

/** Every name in the file that refers to nothing, and every rule that the file breaks; empty: none. */
export function findProblems(file: ProfileFile): readonly string[] {
  return [
    ...productProblems(file),
    ...baseProblems(file),
    ...itemProblems(file),
    ...capabilityProblems(file),
    ...noLicenseProblems(file),
    ...solutionProblems(file),
    ...tableProblems(file),
  ];
}

function productProblems(file: ProfileFile): readonly string[] {
  const { locks, merge, bases, usbKeys, usbKeysWithoutProof } = file;
  return [
    ...(usbKeysWithoutProof && !usbKeys
      ? ["usbKeysWithoutProof: expected false where usbKeys is false"]
      : []),
    ...(locks && merge !== "sum" ? ['locks: expected false where merge is "replacement"'] : []),
    ...(Object.hasOwn(bases, BASE_ITEM) ? [] : [`bases: expected "${BASE_ITEM}" among them`]),
  ];
}

function capabilityProblems(file: ProfileFile): readonly string[] {
  return Object.entries(file.capabilities).flatMap(([key, { meters, base }]) => [
    ...unknownNames(
      `capabilities.${key}.meters`,
      meters,
      "a meter: an item or base and one of its units",
      metersOf(file),
    ),
    ...unknownNames(
      `capabilities.${key}.base`,
      base === undefined ? [] : [base],
      "one of bases",
      Object.keys(file.bases),
    ),
  ]);
}

function noLicenseProblems({ noLicense, bases, items, capabilities }: ProfileFile): readonly string[] {
  const given = Object.entries(noLicense.bases);
  const missing = Object.keys(bases).filter((base) => !Object.hasOwn(noLicense.bases, base));
  return [
    ...missing.map((base) => `noLicense.bases: expected "${base}" among them, as among bases`),
    ...unknownNames("noLicense.bases", Object.keys(noLicense.bases), "one of bases", Object.keys(bases)),
    ...unknownNames("noLicense.items", noLicense.items, "one of items", Object.keys(items)),
    ...given.flatMap(([base, gives]) => [
      ...unknownNames(
        `noLicense.bases.${base}.capabilities`,
        gives.capabilities,
        "one of capabilities",
        Object.keys(capabilities),
      ),
      ...unknownNames(
        `noLicense.bases.${base}.quotas`,
        Object.keys(gives.quotas),
        "a unit of the base",
        bases[base]?.units ?? [],
      ),
    ]),
  ];
}

function solutionProblems({ solutions, bases, items }: ProfileFile): readonly string[] {
  const architectures = Object.values(bases).map(({ architecture }) => architecture);
  // A base that is of no architecture serves any.
  const known = architectures.includes(undefined) ? undefined : architectures.flatMap((name) => name ?? []);
  return Object.entries(solutions).flatMap(([name, solution]) => [
    ...unknownNames(
      `solutions.${name}.items`,
      Object.keys(solution.items),
      "the architecture of a base",
      known ?? Object.keys(solution.items),
    ),
    ...Object.entries(solution.items).flatMap(([architecture, needed]) =>
      unknownNames(`solutions.${name}.items.${architecture}`, needed, "one of items", Object.keys(items)),
    ),
  ]);
}
