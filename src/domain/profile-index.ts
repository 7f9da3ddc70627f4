/** What is looked up in a profile with every decision, worked out once for each profile. */
import type { CapabilityDefinition, Profile } from "./profile.ts";

/** Look-ups of one profile. */
export interface ProfileIndex {
  /** Keys of the meters of each base, "<base>/<unit>", by base item. */
  readonly baseMeters: ReadonlyMap<string, readonly string[]>;
  /** Meters whose excess counts in a meter, by that (ZC-PL-4). */
  readonly overflowing: ReadonlyMap<string, readonly string[]>;
  /** Every meter: of the bases and of the items, ascending. */
  readonly meterKeys: readonly string[];
  /** Items whose licenses may decide a capability: its bases, its givers and what these need. */
  readonly decidingItems: ReadonlyMap<string, readonly string[]>;
  /** Meters whose excess counts in the bases of a capability: their items may decide as well, once they are used. */
  readonly decidingSources: ReadonlyMap<string, readonly string[]>;
  /** Items that may change anything about a capability; one list for all that look at the same. */
  readonly watchedItems: ReadonlyMap<string, readonly string[]>;
}

const INDEXES = new WeakMap<Profile, ProfileIndex>();

/** The look-ups of a profile. */
export function indexOf(profile: Profile): ProfileIndex {
  const known = INDEXES.get(profile);
  if (known !== undefined) return known;
  const index = createIndex(profile);
  INDEXES.set(profile, index);
  return index;
}

function createIndex(profile: Profile): ProfileIndex {
  const baseMeters = new Map(
    [...profile.bases.values()].map(({ item, units }) => [item, units.map((unit) => `${item}/${unit}`)]),
  );
  const itemMeters = [...profile.items.values()].flatMap(({ name, units }) =>
    units.map((unit) => `${name}/${unit}`),
  );
  const parts = { profile, baseMeters, overflowing: overflowingOf(profile) };
  const capabilities = [...profile.capabilities.values()];
  const once = oneOfEach();
  return {
    ...parts,
    meterKeys: [...[...baseMeters.values()].flat(), ...itemMeters].sort(),
    decidingItems: new Map(
      capabilities.map((definition) => [definition.key, decidingItems(parts, definition)]),
    ),
    decidingSources: new Map(
      capabilities.map((definition) => [definition.key, decidingSources(parts, definition)]),
    ),
    watchedItems: new Map(
      capabilities.map((definition) => [definition.key, once(watchedItems(parts, definition))]),
    ),
  };
}

/** Of lists with the same content the first. */
function oneOfEach(): (list: readonly string[]) => readonly string[] {
  const lists = new Map<string, readonly string[]>();
  return (list) => {
    const key = list.join(" ");
    const known = lists.get(key) ?? list;
    lists.set(key, known);
    return known;
  };
}

interface Parts extends Pick<ProfileIndex, "baseMeters" | "overflowing"> {
  readonly profile: Profile;
}

function overflowingOf(profile: Profile): ReadonlyMap<string, readonly string[]> {
  const pairs = [...profile.items.values()].flatMap(({ name, overflow }) =>
    [...overflow].map(([unit, target]) => ({ source: `${name}/${unit}`, target })),
  );
  const grouped = Map.groupBy(pairs, ({ target }) => target);
  return new Map([...grouped].map(([target, list]) => [target, list.map(({ source }) => source)]));
}

function decidingItems({ profile }: Parts, definition: CapabilityDefinition): readonly string[] {
  const { key, base } = definition;
  const givers = profile.givers.get(key) ?? [];
  const bases = [...profile.bases.values()]
    .filter(({ item, editions }) => {
      const terms = [...editions.values()].flatMap((edition) => [...edition.terms.values()]);
      return base === undefined || item === base || terms.some(({ includes }) => includes.includes(key));
    })
    .map(({ item }) => item);
  const needed = givers.flatMap((item) => neededBy(profile, item));
  return [...new Set([...bases, ...givers, ...needed])];
}

function decidingSources(parts: Parts, definition: CapabilityDefinition): readonly string[] {
  return decidingItems(parts, definition)
    .flatMap((item) => parts.baseMeters.get(item) ?? [])
    .flatMap((meter) => parts.overflowing.get(meter) ?? []);
}

function neededBy(profile: Profile, item: string): readonly string[] {
  const { bases = [], items = [] } = profile.items.get(item)?.prerequisite ?? {};
  return [...bases, ...items, ...items.flatMap((other) => neededBy(profile, other))];
}

/** With a license for one base the no-license state of another may end: every base counts. */
function watchedItems(parts: Parts, definition: CapabilityDefinition): readonly string[] {
  const { profile } = parts;
  const metered = definition.meters.map(itemOfMeter);
  const alternatives = metered.flatMap((item) => profile.items.get(item)?.alternatives ?? []);
  const sources = decidingSources(parts, definition).map(itemOfMeter);
  const bases = profile.bases.keys();
  const all = [...decidingItems(parts, definition), ...bases, ...sources, ...metered, ...alternatives];
  return [...new Set(all)].sort();
}

function itemOfMeter(meter: string): string {
  return meter.slice(0, meter.lastIndexOf("/"));
}
