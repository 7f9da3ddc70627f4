/**
 * A product as data: its editions, modules, capabilities, meters and the table of what stops and
 * what goes on. The evaluation knows products only through this shape.
 */
import type { CapabilityDomain, Outcome } from "./evaluation.ts";
import type { Term } from "./license.ts";

/** Situations of a capability: the rows of rules section 7 that profiles fill in. */
export const SITUATIONS = [
  "GIVEN",
  "BASE_ENDED",
  "MODULE_BASE_ENDED",
  "MODULE_ENDED",
  "MODULE_PENDING",
  "MODULE_BASE_MISSING",
  "NOT_LICENSED",
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

/** One edition of the base license. */
export interface Edition {
  readonly name: string;
  readonly title: Title;
  readonly terms: ReadonlyMap<Term, EditionTerm>;
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
  /** Items that meter the same capability; while one of them runs, this one limits nothing (ZC-PL-5). */
  readonly alternatives: readonly string[];
}

/** What the platform may do while no base license counts. */
export interface NoLicenseState {
  readonly edition: string;
  readonly title: Title;
  readonly capabilities: readonly string[];
  /** Limits of base units; a unit that is not named is unlimited. */
  readonly quotas: ReadonlyMap<string, bigint>;
  /** Its length from the platform's first start; `undefined`: it has no end. */
  readonly days: number | undefined;
}

/** A product. */
export interface Profile {
  readonly name: string;
  readonly title: Title;
  /** How licenses of one item merge (LI-3). */
  readonly merge: "replacement";
  /** Whether licenses may be bound to USB keys. */
  readonly usbKeys: boolean;
  readonly baseUnits: readonly string[];
  readonly noLicense: NoLicenseState;
  readonly editions: ReadonlyMap<string, Edition>;
  readonly items: ReadonlyMap<string, Item>;
  /** Ascending by key. */
  readonly capabilities: ReadonlyMap<string, CapabilityDefinition>;
  /** Items that give a capability, by capability key. */
  readonly givers: ReadonlyMap<string, readonly string[]>;
  readonly table: Readonly<Record<Situation, Outcome>>;
}

/** The terms of an edition, or `undefined` if the profile does not sell the edition so. */
export function editionTermOf(
  profile: Profile,
  license: { readonly edition: string | undefined; readonly term: Term },
): EditionTerm | undefined {
  if (license.edition === undefined) return undefined;
  return profile.editions.get(license.edition)?.terms.get(license.term);
}
