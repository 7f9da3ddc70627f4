/**
 * A product as data: its editions, modules, capabilities, meters and the table of what stops and
 * what goes on. The evaluation knows products only through this shape.
 */
import type { CapabilityDomain, Outcome } from "./evaluation.ts";
import type { Term } from "./license.ts";

/** Situations of a capability: the rows of rules section 7 that profiles fill in. */
export const SITUATIONS = [
  "GIVEN",
  "OVER_QUOTA",
  "BASE_ENDED",
  "MODULE_BASE_ENDED",
  "MODULE_ENDED",
  "MODULE_PENDING",
  "PREREQUISITE_NOT_MET",
  "VERSION_UNKNOWN",
  "MODULE_BASE_MISSING",
  "NOT_LICENSED",
  "PLATFORM_LOCKED",
  "BASE_KEY_LOST",
  "MODULE_KEY_LOST",
] as const;
export type Situation = (typeof SITUATIONS)[number];

/** A text for people, in the two languages of the products. */
export interface Title {
  readonly en: string;
  readonly zh: string;
}

/** One capability of the product's catalogue (rules section 1). */
export interface CapabilityDefinition {
  readonly key: string;
  readonly domain: CapabilityDomain;
  readonly title: Title;
  readonly description: string;
  /** Keys of the meters that limit it, "<item>/<unit>". */
  readonly meters: readonly string[];
  /**
   * The base item of its architecture, whose meters over quota restrict it; `undefined`: it is of no
   * architecture, and those of every base do (rules section 7).
   */
  readonly base: string | undefined;
}

/** The numbers of a trial: a trial may not be above them, and one that names none has them (LI-1). */
export interface TrialNumbers {
  readonly quotas: ReadonlyMap<string, bigint>;
  readonly days: number;
}

/** What one edition is on one term. */
export interface EditionTerm {
  /** Capabilities that it includes. */
  readonly includes: readonly string[];
  /** Units of which the license must name at least one; empty: none. */
  readonly requiredUnits: readonly string[];
  /** The meters of all modules are unlimited beside it (ZC-ED-3). */
  readonly unlimitedModules: boolean;
  /** The license may carry after-sales service. */
  readonly hasService: boolean;
  /** Set for trials. */
  readonly trial: TrialNumbers | undefined;
}

/** One edition of a base item. */
export interface Edition {
  readonly name: string;
  readonly title: Title;
  readonly terms: ReadonlyMap<Term, EditionTerm>;
}

/** An item that carries editions. A product has one, or one for each processor architecture (US-ED-1). */
export interface Base {
  /** {@link BASE_ITEM}, or that and the architecture: "base-arm". */
  readonly item: string;
  readonly title: Title;
  /** "x86", "arm"; `undefined`: the product does not tell them apart. */
  readonly architecture: string | undefined;
  /** Units that its licenses may name. */
  readonly units: readonly string[];
  /** The least edition first. */
  readonly editions: ReadonlyMap<string, Edition>;
  /** Editions that an upgrade license may lift an edition to, by source edition (US-UP-1). */
  readonly upgrades: ReadonlyMap<string, readonly string[]>;
}

/** What an item needs beside itself; all that is named (US-FE-2). */
export interface Prerequisite {
  /** Base items of which one serves; empty: no edition is needed. */
  readonly bases: readonly string[];
  /** Editions that are enough in every version of the product. */
  readonly editions: readonly string[];
  /** Versions in which other editions are enough, too. */
  readonly versions: readonly PrerequisiteVersions[];
  /** Items that must give their rights, too. */
  readonly items: readonly string[];
}

/** Editions that are enough from one version of the product on. */
export interface PrerequisiteVersions {
  readonly from: string;
  /** The first version in which it is so no more; `undefined`: there is none. */
  readonly before: string | undefined;
  readonly editions: readonly string[];
}

/** A module, or a term of service, sold beside the base license. */
export interface Item {
  readonly name: string;
  readonly title: Title;
  /** A service gives no functions (ZC-PL-6). */
  readonly kind: "module" | "service";
  readonly terms: readonly Term[];
  /** Capabilities that it gives. */
  readonly gives: readonly string[];
  /** Units that its licenses may name. */
  readonly units: readonly string[];
  /** Units of which its licenses must name at least one; empty: none. */
  readonly requiredUnits: readonly string[];
  /** Amounts that it is sold in; empty: every amount (US-FE-1). */
  readonly packSizes: readonly bigint[];
  /** Items that meter the same capability; while one of them runs, this one limits nothing (ZC-PL-5). */
  readonly alternatives: readonly string[];
  /** Meter that takes what is in use beyond its own, by unit (ZC-PL-4). */
  readonly overflow: ReadonlyMap<string, string>;
  readonly prerequisite: Prerequisite | undefined;
}

/** What the no-license state gives of one base item. */
export interface NoLicenseBase {
  readonly edition: string;
  readonly capabilities: readonly string[];
  /** Limits of its units; a unit that is not named is unlimited. */
  readonly quotas: ReadonlyMap<string, bigint>;
}

/** What the platform may do while no base license counts: a free edition, a trial, a pre-authorization. */
export interface NoLicenseState {
  readonly title: Title;
  /** By base item; every base of the profile is there. */
  readonly bases: ReadonlyMap<string, NoLicenseBase>;
  /** Items that it gives, too, without meters (US-TE-1). */
  readonly items: readonly string[];
  /** Its length from the platform's first start; `undefined`: it has no end. */
  readonly days: number | undefined;
}

/** How licenses of one item that run at one instant merge: the latest upload decides (LI-3), or they add up (US-TE-4). */
export type Merge = "replacement" | "sum";

/** When reminders begin, in days (ZV-AL-1, ZL-5). */
export interface Reminders {
  /** Less than so many days of license left. */
  readonly licenseDays: number;
  /** So many days or less of service left. */
  readonly serviceDays: number;
}

/** A way to use the product that needs certain items (US-PL-1), by architecture. */
export interface Solution {
  readonly name: string;
  readonly title: Title;
  /** Items beside the base, by architecture; one that is not named cannot be planned for. */
  readonly items: ReadonlyMap<string, readonly string[]>;
}

/** A product. */
export interface Profile {
  readonly name: string;
  readonly title: Title;
  readonly merge: Merge;
  /** Under "sum": the end of a temporary license locks the platform while others of its item run on (US-TE-6). */
  readonly locks: boolean;
  /** Modules need a base license to be uploaded (ZC-PL-2). */
  readonly modulesNeedBase: boolean;
  /** Terms whose licenses may be deleted (LI-7, US-TE-2). */
  readonly deletableTerms: readonly Term[];
  /** Whether licenses may be bound to USB keys. */
  readonly usbKeys: boolean;
  /** Keys that hold a serial number and a license, but no private key to prove themselves with, count as well. */
  readonly usbKeysWithoutProof: boolean;
  readonly reminders: Reminders;
  readonly noLicense: NoLicenseState;
  /** By item; the main one, {@link BASE_ITEM}, first. */
  readonly bases: ReadonlyMap<string, Base>;
  readonly items: ReadonlyMap<string, Item>;
  /** Ascending by key. */
  readonly capabilities: ReadonlyMap<string, CapabilityDefinition>;
  /** Items that give a capability, by capability key. */
  readonly givers: ReadonlyMap<string, readonly string[]>;
  readonly solutions: ReadonlyMap<string, Solution>;
  readonly table: Readonly<Record<Situation, Outcome>>;
}

/**
 * The terms of an edition, or `undefined` if the profile does not sell the edition so.
 *
 * @param edition default: the edition that the license names.
 */
export function editionTermOf(
  profile: Profile,
  license: { readonly item: string; readonly edition: string | undefined; readonly term: Term },
  edition = license.edition,
): EditionTerm | undefined {
  if (edition === undefined) return undefined;
  return profile.bases.get(license.item)?.editions.get(edition)?.terms.get(license.term);
}

/** Whether an item carries editions. */
export function isBase(profile: Profile, item: string): boolean {
  return profile.bases.has(item);
}
