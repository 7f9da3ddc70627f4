import { metersOf, unknownNames } from "./names.ts";
import type { ProfileFile } from "./schema.ts";

type ItemFile = ProfileFile["items"][string];

/** What is wrong with the items of a file. */
export function itemProblems(file: ProfileFile): readonly string[] {
  const items = Object.entries(file.items);
  return [
    ...items.flatMap(([name, item]) => [
      ...nameProblems(file, name, item),
      ...unitProblems(file, name, item),
      ...prerequisiteProblems(file, name, item),
    ]),
    ...cycleProblems(file),
  ];
}

function nameProblems(file: ProfileFile, name: string, item: ItemFile): readonly string[] {
  const others = Object.keys(file.items).filter((other) => other !== name);
  return [
    ...(Object.hasOwn(file.bases, name) ? [`items.${name}: expected another name: it is a base's`] : []),
    ...(item.kind === "service" && item.gives.length > 0
      ? [`items.${name}.gives: expected nothing: a service gives no functions`]
      : []),
    ...unknownNames(`items.${name}.gives`, item.gives, "one of capabilities", Object.keys(file.capabilities)),
    ...unknownNames(`items.${name}.alternatives`, item.alternatives, "another item", others),
  ];
}

function unitProblems(file: ProfileFile, name: string, item: ItemFile): readonly string[] {
  const { units, requiredUnits, packSizes, overflow } = item;
  const at = `items.${name}`;
  const others = metersOf(file).filter((meter) => !meter.startsWith(`${name}/`));
  return [
    ...unknownNames(`${at}.requiredUnits`, requiredUnits, "one of its units", units),
    ...unknownNames(`${at}.overflow`, Object.keys(overflow), "one of its units", units),
    ...unknownNames(`${at}.overflow`, Object.values(overflow), "a meter of another item or base", others),
    ...Object.values(overflow)
      .filter((meter) => overflowsOn(file, meter))
      .map((meter) => `${at}.overflow: expected a meter that overflows no further, found "${meter}"`),
    ...(packSizes.length > 0 && units.length !== 1
      ? [`${at}.packSizes: expected exactly one unit that they count`]
      : []),
  ];
}

/** Whether what goes beyond a meter goes on to another one. */
function overflowsOn({ items }: ProfileFile, meter: string): boolean {
  return Object.entries(items).some(([name, { overflow }]) =>
    Object.keys(overflow).some((unit) => `${name}/${unit}` === meter),
  );
}

function prerequisiteProblems(
  file: ProfileFile,
  name: string,
  { prerequisite }: ItemFile,
): readonly string[] {
  if (prerequisite === undefined) return [];
  const { bases, editions, versions, items } = prerequisite;
  const at = `items.${name}.prerequisite`;
  const known = bases.flatMap((base) => editionsOf(file, base));
  const wants = editions.length > 0 || versions.length > 0;
  return [
    ...unknownNames(`${at}.bases`, bases, "one of bases", Object.keys(file.bases)),
    ...(wants && bases.length === 0 ? [`${at}.bases: expected those whose editions are meant`] : []),
    ...(!wants && bases.length > 0 ? [`${at}.editions: expected those that are enough`] : []),
    ...unknownNames(`${at}.editions`, bases.length === 0 ? [] : editions, "an edition of its bases", known),
    ...unknownNames(`${at}.items`, items, "one of items", Object.keys(file.items)),
    ...versions.flatMap((range, index) => [
      ...unknownNames(`${at}.versions.${index}.editions`, range.editions, "an edition of its bases", known),
      // The form has a fixed width, so that the order of the texts is that of the versions.
      ...(range.before !== undefined && range.before <= range.from
        ? [`${at}.versions.${index}.before: expected a version after "${range.from}"`]
        : []),
    ]),
  ];
}

/** Editions that are sold, and the one that the no-license state is. */
function editionsOf({ bases, noLicense }: ProfileFile, base: string): readonly string[] {
  const free = noLicense.bases[base]?.edition;
  return [...Object.keys(bases[base]?.editions ?? {}), ...(free === undefined ? [] : [free])];
}

/** Items that need themselves, over others or not: none of them could ever give its rights. */
function cycleProblems({ items }: ProfileFile): readonly string[] {
  const needsOf = (name: string) => items[name]?.prerequisite?.items ?? [];
  return Object.keys(items).flatMap((name) => {
    const reached = new Set<string>();
    const open = [...needsOf(name)];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      open.push(...needsOf(next));
    }
    return reached.has(name)
      ? [`items.${name}.prerequisite.items: expected items that do not need "${name}" themselves`]
      : [];
  });
}
