/** Makes the profile of the domain out of a checked file. */
import { OPERATION_CLASSES, type Outcome } from "../domain/evaluation.ts";
import { BASE_ITEM, type Term } from "../domain/license.ts";
import type {
  Base,
  CapabilityDefinition,
  Edition,
  EditionTerm,
  Item,
  NoLicenseState,
  Prerequisite,
  Profile,
  Solution,
} from "../domain/profile.ts";
import type { ProfileFile, TableFile } from "./schema.ts";

/**
 * The profile of a file whose names all refer to something.
 *
 * @param shippedTable the rows that the file does not name.
 */
export function toProfile(file: ProfileFile, shippedTable: TableFile): Profile {
  return {
    name: file.name,
    title: file.title,
    merge: file.merge,
    locks: file.locks,
    modulesNeedBase: file.modulesNeedBase,
    deletableTerms: file.deletableTerms,
    usbKeys: file.usbKeys,
    usbKeysWithoutProof: file.usbKeysWithoutProof,
    reminders: file.reminders,
    noLicense: toNoLicense(file.noLicense),
    bases: toBases(file.bases),
    items: mapOf(file.items, toItem),
    capabilities: toCapabilities(file.capabilities),
    givers: giversOf(file.items),
    solutions: mapOf(file.solutions, toSolution),
    table: toTable({ ...shippedTable, ...file.table }),
  };
}

/** A record as a map, in the order of the file. */
function mapOf<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (value: From, key: string) => To,
): ReadonlyMap<string, To> {
  return new Map(Object.entries(record).map(([key, value]) => [key, convert(value, key)]));
}

/** The main base stands first, wherever the file has it. */
function toBases(bases: ProfileFile["bases"]): ReadonlyMap<string, Base> {
  const all = mapOf(bases, toBase);
  const main = [...all].filter(([item]) => item === BASE_ITEM);
  return new Map([...main, ...all]);
}

function toBase(base: ProfileFile["bases"][string], item: string): Base {
  return {
    item,
    title: base.title,
    architecture: base.architecture,
    units: base.units,
    editions: mapOf(base.editions, toEdition),
    upgrades: new Map(Object.entries(base.upgrades)),
  };
}

function toEdition(edition: ProfileFile["bases"][string]["editions"][string], name: string): Edition {
  const entries = Object.entries(edition.terms) as [Term, (typeof edition.terms)[Term] & object][];
  const terms = entries.map(([term, { includes, trial, ...rest }]): [Term, EditionTerm] => [
    term,
    {
      ...rest,
      includes: [...new Set([...edition.includes, ...includes])],
      trial: trial && { quotas: toQuotas(trial.quotas), days: trial.days },
    },
  ]);
  return { name, title: edition.title, terms: new Map(terms) };
}

function toItem(item: ProfileFile["items"][string], name: string): Item {
  return {
    ...item,
    name,
    packSizes: item.packSizes.map(BigInt),
    overflow: new Map(Object.entries(item.overflow)),
    prerequisite: item.prerequisite && toPrerequisite(item.prerequisite),
  };
}

function toPrerequisite({
  versions,
  ...rest
}: NonNullable<ProfileFile["items"][string]["prerequisite"]>): Prerequisite {
  return {
    ...rest,
    versions: versions.map(({ from, before, editions }) => ({ from, before, editions })),
  };
}

function toNoLicense({ title, days, items, bases }: ProfileFile["noLicense"]): NoLicenseState {
  return {
    title,
    days,
    items,
    bases: mapOf(bases, (base) => ({ ...base, quotas: toQuotas(base.quotas) })),
  };
}

function toQuotas(quotas: Readonly<Record<string, number>>): ReadonlyMap<string, bigint> {
  return mapOf(quotas, BigInt);
}

function toCapabilities(
  capabilities: ProfileFile["capabilities"],
): ReadonlyMap<string, CapabilityDefinition> {
  const all = mapOf(capabilities, ({ base, ...rest }, key) => ({ ...rest, key, base }));
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function giversOf(items: ProfileFile["items"]): ReadonlyMap<string, readonly string[]> {
  const pairs = Object.entries(items).flatMap(([item, { gives }]) => gives.map((key) => ({ key, item })));
  const byKey = Map.groupBy(pairs, ({ key }) => key);
  return new Map([...byKey].map(([key, list]) => [key, list.map(({ item }) => item).sort()]));
}

function toSolution({ title, items }: ProfileFile["solutions"][string], name: string): Solution {
  return { name, title, items: new Map(Object.entries(items)) };
}

/** Operations stand in the order of the contract, however the file lists them. */
function toTable(table: TableFile): Profile["table"] {
  const rows = Object.entries(table).map(([situation, row]): [string, Outcome] => [
    situation,
    { ...row, operations: OPERATION_CLASSES.filter((operation) => row.operations.includes(operation)) },
  ]);
  return Object.fromEntries(rows) as Profile["table"];
}
