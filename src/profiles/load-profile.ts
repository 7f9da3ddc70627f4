import { readFileSync } from "node:fs";
import { z } from "zod";
import { type CapabilityDomain, OPERATION_CLASSES, type Outcome, WAYS_BACK } from "../domain/evaluation.ts";
import { BASE_ITEM, type Term } from "../domain/license.ts";
import { splitMeterKey } from "../domain/meters.ts";
import type { EditionTerm, Profile } from "../domain/profile.ts";
import { type ProfileFile, profileSchema } from "./schema.ts";

/** Names of the profiles that ship. */
export const PROFILE_NAMES = ["zstack-cloud"] as const;

const DIRECTORY = new URL("../domain/profiles/", import.meta.url);

/**
 * Loads a profile that ships.
 *
 * @throws Error when the name is unknown or the file is not a profile; the message names file, path and what was expected
 */
export function loadProfile(name: string): Profile {
  if (!PROFILE_NAMES.some((known) => known === name)) {
    throw new Error(`unknown profile ${JSON.stringify(name)}; known: ${PROFILE_NAMES.join(", ")}`);
  }
  const file = new URL(`${name}.json`, DIRECTORY);
  return parseProfile(`${name}.json`, readFileSync(file, "utf8"));
}

/** Reads the text of a profile file; `fileName` is for the error message. */
export function parseProfile(fileName: string, text: string): Profile {
  const parsed = profileSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`profile file ${fileName}:\n${z.prettifyError(parsed.error)}`);
  const problem = findBrokenReference(parsed.data);
  if (problem !== undefined) throw new Error(`profile file ${fileName}: ${problem}`);
  return toProfile(parsed.data);
}

/** The first name in the file that refers to nothing, or a row that blocks the ways back (NS-1). */
function findBrokenReference(file: ProfileFile): string | undefined {
  const problems = [
    ...brokenCapabilities(file),
    ...brokenMeters(file),
    ...brokenItems(file),
    ...blockedWaysBack(file),
  ];
  return problems[0];
}

function brokenCapabilities(file: ProfileFile): string[] {
  const given = [
    ...Object.entries(file.editions).flatMap(([edition, { terms }]) =>
      Object.entries(terms).map(([term, { includes }]) => ({
        at: `editions.${edition}.terms.${term}.includes`,
        includes,
      })),
    ),
    ...Object.entries(file.items).map(([item, { gives }]) => ({
      at: `items.${item}.gives`,
      includes: gives,
    })),
    { at: "noLicense.capabilities", includes: file.noLicense.capabilities },
  ];
  return given.flatMap(({ at, includes }) =>
    includes
      .filter((key) => !Object.hasOwn(file.capabilities, key))
      .map((key) => `${at}: expected a key of capabilities, found "${key}"`),
  );
}

function brokenMeters(file: ProfileFile): string[] {
  return Object.entries(file.capabilities).flatMap(([key, { meters }]) =>
    meters
      .filter((meter) => !unitsOf(file, splitMeterKey(meter).item).includes(splitMeterKey(meter).unit))
      .map((meter) => `capabilities.${key}.meters: no item has the meter "${meter}"`),
  );
}

function unitsOf(file: ProfileFile, item: string): readonly string[] {
  if (item === BASE_ITEM) return file.baseUnits;
  return Object.hasOwn(file.items, item) ? (file.items[item]?.units ?? []) : [];
}

function brokenItems(file: ProfileFile): string[] {
  return Object.entries(file.items).flatMap(([item, { alternatives, requiredUnits, units }]) => [
    ...(item === BASE_ITEM
      ? [`items.${item}: the base is not an item; its editions stand in "editions"`]
      : []),
    ...alternatives
      .filter((other) => !Object.hasOwn(file.items, other))
      .map((other) => `items.${item}.alternatives: expected an item, found "${other}"`),
    ...requiredUnits
      .filter((unit) => !units.includes(unit))
      .map((unit) => `items.${item}.requiredUnits: expected one of its units, found "${unit}"`),
  ]);
}

function blockedWaysBack(file: ProfileFile): string[] {
  return Object.entries(file.table)
    .filter(([, { operations }]) => WAYS_BACK.some((way) => !operations.includes(way)))
    .map(
      ([situation]) =>
        `table.${situation}.operations: expected ${WAYS_BACK.join(", ")} among them; they are never blocked`,
    );
}

function toProfile(file: ProfileFile): Profile {
  const items = Object.entries(file.items).map(([name, item]) => [name, { name, ...item }] as const);
  return {
    name: file.name,
    title: file.title,
    merge: file.merge,
    usbKeys: file.usbKeys,
    baseUnits: file.baseUnits,
    noLicense: { ...file.noLicense, quotas: toQuotas(file.noLicense.quotas), days: file.noLicense.days },
    editions: new Map(
      Object.entries(file.editions).map(([name, { title, terms }]) => [
        name,
        { name, title, terms: toTerms(terms) },
      ]),
    ),
    items: new Map(items),
    capabilities: new Map(
      Object.entries(file.capabilities)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { domain, ...rest }]) => [
          key,
          { key, domain: domain satisfies CapabilityDomain, ...rest },
        ]),
    ),
    givers: giversOf(file),
    table: toTable(file.table),
  };
}

function toTerms(terms: ProfileFile["editions"][string]["terms"]): ReadonlyMap<Term, EditionTerm> {
  const entries = Object.entries(terms) as Array<[Term, (typeof terms)[Term] & object]>;
  return new Map(
    entries.map(([term, { trial, ...rest }]) => [
      term,
      { ...rest, trial: trial && { quotas: toQuotas(trial.quotas), days: trial.days } },
    ]),
  );
}

function toQuotas(quotas: Record<string, number>): ReadonlyMap<string, bigint> {
  return new Map(Object.entries(quotas).map(([unit, amount]) => [unit, BigInt(amount)]));
}

function giversOf(file: ProfileFile): ReadonlyMap<string, readonly string[]> {
  const pairs = Object.entries(file.items).flatMap(([item, { gives }]) =>
    gives.map((key) => ({ key, item })),
  );
  return new Map(
    [...Map.groupBy(pairs, ({ key }) => key)].map(([key, list]) => [
      key,
      list.map(({ item }) => item).sort(),
    ]),
  );
}

/** Operations stand in the order of the contract, however the file lists them. */
function toTable(table: ProfileFile["table"]): Profile["table"] {
  const sorted = Object.entries(table).map(([situation, outcome]) => [situation, inOrder(outcome)]);
  return Object.fromEntries(sorted) as Profile["table"];
}

function inOrder(outcome: ProfileFile["table"][keyof ProfileFile["table"]]): Outcome {
  return {
    ...outcome,
    operations: OPERATION_CLASSES.filter((operation) => outcome.operations.includes(operation)),
  };
}
