/** Says in words why a capability has its state, and what would give more (EV-5). */
import type { CapabilityDecision, CapabilityReason, Evaluation } from "./evaluation.ts";
import { describeItem } from "./judge.ts";
import { BASE_ITEM, hasEndedAt, type InstalledLicense, type Instant } from "./license.ts";
import type { Profile } from "./profile.ts";
import { firstToCome } from "./timeline.ts";

/** Why a capability has its state. */
export interface Explanation {
  readonly decision: CapabilityDecision;
  /** The deciding licenses, ascending by id. */
  readonly licenses: readonly InstalledLicense[];
  /** Why, in one sentence. */
  readonly explanation: string;
  /** What to do to get more; empty: there is nothing more to get. */
  readonly remedy: string;
}

/** Explains one capability; a key that the profile does not have is answered too. */
export function explainCapability(profile: Profile, evaluation: Evaluation, key: string): Explanation {
  const decision =
    evaluation.capabilities.find((capability) => capability.key === key) ?? unknownCapability(profile, key);
  const installed = evaluation.licenses.map(({ license }) => license);
  const licenses = installed
    .filter(({ id }) => decision.licenseIds.includes(id))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    decision,
    licenses,
    explanation: asSentence(explanationOf(profile, evaluation, decision, licenses)),
    remedy: asSentence(remedyOf(profile, evaluation, decision, installed)),
  };
}

function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The answer for a key that the profile does not have: only the ways back. */
export function unknownCapability(profile: Profile, key: string): CapabilityDecision {
  return {
    ...profile.table.NOT_LICENSED,
    reason: "UNKNOWN_CAPABILITY",
    key,
    domain: undefined,
    meters: [],
    licenseIds: [],
    effectiveAt: undefined,
    expiresAt: undefined,
    next: undefined,
  };
}

function explanationOf(
  profile: Profile,
  evaluation: Evaluation,
  decision: CapabilityDecision,
  licenses: readonly InstalledLicense[],
): string {
  const base = licenses.find(({ item }) => item === BASE_ITEM);
  const module = licenses.find(({ item }) => item !== BASE_ITEM);
  switch (decision.reason) {
    case "GRANTED":
      return grantedBy(profile, licenses);
    case "EXPIRED":
      return (
        ended(base ?? module, evaluation.at) ??
        `The ${profile.noLicense.edition} of ${profile.title.en} is over.`
      );
    case "BASE_EXPIRED":
      return `${naming(module)} runs, but the base license below it ended${atInstant(base?.endsAt)}.`;
    case "PENDING":
      return `${naming(module)} is installed and starts${atInstant(module?.startsAt)}.`;
    case "BASE_MISSING":
      return `${naming(module)} is installed, but no base license is in force below it.`;
    case "UNKNOWN_CAPABILITY":
      return `${profile.title.en} has no capability of this name.`;
    default:
      return notLicensed(profile, evaluation);
  }
}

function grantedBy(profile: Profile, licenses: readonly InstalledLicense[]): string {
  if (licenses.length === 0) return `The ${profile.noLicense.edition} edition gives it without a license.`;
  const givers = licenses.toSorted((a, b) => (a.item === BASE_ITEM ? -1 : b.item === BASE_ITEM ? 1 : 0));
  return `${givers.map(naming).join(" and ")} ${givers.length === 1 ? "gives" : "give"} it.`;
}

function ended(license: InstalledLicense | undefined, at: Instant): string | undefined {
  if (license === undefined || !hasEndedAt(license, at)) return undefined;
  return `${naming(license)} ended${atInstant(license.endsAt)}.`;
}

function notLicensed(profile: Profile, { base, noLicenseInForce, edition }: Evaluation): string {
  if (noLicenseInForce)
    return `No license gives it, and the ${profile.noLicense.edition} edition does not include it.`;
  const verb = base.situation === "RUNNING" ? "does" : "did";
  return `The base license, edition ${edition}, ${verb} not include it, and no module that gives it is installed.`;
}

function naming(license: InstalledLicense | undefined): string {
  return license === undefined
    ? "the license"
    : `license ${license.id} (${describeItem(license)}, ${license.term})`;
}

function atInstant(at: Instant | undefined): string {
  return at === undefined ? "" : ` at ${new Date(at).toISOString()}`;
}

/** What to upload, by reason; a license that is to come is named (LI-4). */
function remedyOf(
  profile: Profile,
  evaluation: Evaluation,
  decision: CapabilityDecision,
  installed: readonly InstalledLicense[],
): string {
  const advice = adviceFor(decision.reason, profile, evaluation, decision.key);
  if (advice === "") return "";
  const awaited = awaitedItems(decision.reason, profile, decision.key);
  const coming = firstToCome(
    installed.filter(({ item }) => awaited.includes(item)),
    evaluation.at,
  );
  if (coming === undefined) return advice;
  return `${naming(coming)} is installed and counts from ${new Date(coming.startsAt).toISOString()} without any action; to have it sooner: ${advice}`;
}

/** Items of which a license to come would change the state. */
function awaitedItems(reason: CapabilityReason, profile: Profile, key: string): readonly string[] {
  const givers = profile.givers.get(key) ?? [];
  return reason === "BASE_EXPIRED" || reason === "BASE_MISSING" ? [BASE_ITEM] : [BASE_ITEM, ...givers];
}

const APPLY = "send the request code to the vendor and upload the license that comes back";

function adviceFor(reason: CapabilityReason, profile: Profile, evaluation: Evaluation, key: string): string {
  switch (reason) {
    case "GRANTED":
      return "";
    case "EXPIRED":
    case "BASE_EXPIRED":
      return `Renew ${reason === "EXPIRED" && isByModule(profile, evaluation, key) ? "the module" : "the base"} license: ${APPLY}.`;
    case "BASE_MISSING":
      return `Get a base license: ${APPLY}.`;
    case "UNKNOWN_CAPABILITY":
      return "Check the spelling against `licensectl capabilities`, and the product profile of the service.";
    default:
      return `Get ${waysToGet(profile, key)}: ${APPLY}.`;
  }
}

/** Whether the base does not speak for the capability, so that the ended license is a module's. */
function isByModule(profile: Profile, { capabilities, licenses }: Evaluation, key: string): boolean {
  const ids = capabilities.find((capability) => capability.key === key)?.licenseIds ?? [];
  return licenses.some(
    ({ license }) => ids.includes(license.id) && (profile.givers.get(key) ?? []).includes(license.item),
  );
}

/** "the module gpu, or a base license of edition enterprise". */
function waysToGet(profile: Profile, key: string): string {
  const modules = (profile.givers.get(key) ?? []).map((item) => `the module ${item}`);
  const editions = [...profile.editions.values()]
    .filter(({ terms }) => [...terms.values()].some(({ includes }) => includes.includes(key)))
    .map(({ name }) => name);
  const bases = editions.length === 0 ? [] : [`a base license of edition ${editions.join(" or ")}`];
  return [...modules, ...bases].join(", or ");
}
