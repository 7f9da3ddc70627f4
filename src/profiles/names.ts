import type { ProfileFile } from "./schema.ts";

/** The names that are not known, each as a problem. */
export function unknownNames(
  at: string,
  given: readonly string[],
  what: string,
  known: readonly string[],
): readonly string[] {
  return given
    .filter((name) => !known.includes(name))
    .map((name) => `${at}: expected ${what}, found "${name}"`);
}

/** The keys of all meters of the file. */
export function metersOf({ bases, items }: ProfileFile): readonly string[] {
  return [...Object.entries(bases), ...Object.entries(items)].flatMap(([item, { units }]) =>
    units.map((unit) => `${item}/${unit}`),
  );
}
