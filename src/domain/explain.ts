/** Says in words why a capability has its state, and what would give more (EV-5). */
import type { CapabilityDecision, CapabilityReason, Evaluation, MeterReading } from "./evaluation.ts";
import { APPLY, atInstant, naming } from "./explain-text.ts";
import { awayText, beforeBuffersEnd, insertAdvice, isKeyLost, keyLost, onBuffers } from "./explain-usb.ts";
import { hasEndedAt, type InstalledLicense, type Instant, isCarriedAt, keyIdOf } from "./license.ts";
import { isBase, type Prerequisite, type Profile } from "./profile.ts";
import { firstToRun } from "./standing.ts";

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
    remedy: asSentence(remedyOf(profile, evaluation, { decision, licenses }, installed)),
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
    bufferEndsAt: undefined,
  };
}

function explanationOf(
  profile: Profile,
  evaluation: Evaluation,
  decision: CapabilityDecision,
  licenses: readonly InstalledLicense[],
): string {
  const base = licenses.find(({ item }) => isBase(profile, item));
  const module = licenses.find(({ item }) => !isBase(profile, item));
  switch (decision.reason) {
    case "GRANTED":
      return `${grantedBy(profile, licenses)}${onBuffers(licenses, evaluation.at)}`;
    case "OVER_QUOTA":
      return `More is in use than the licenses allow: ${overOf(evaluation, decision).map(describeOver).join(", ")}.`;
    case "PLATFORM_LOCKED":
      return `The platform is locked until its licenses are re-acquired: ${naming(evaluation.lock?.ended)} ended${atInstant(evaluation.lock?.since)} while others of its item run on.`;
    case "USB_KEY_LOST":
      return keyLost(base ?? module);
    case "EXPIRED":
      return ended(base ?? module, evaluation.at) ?? `${titleOfFree(profile)} is over.`;
    case "BASE_EXPIRED":
      return `${naming(module)} runs, but ${baseBelow(base, evaluation.at)}.`;
    case "PENDING":
      return module === undefined
        ? `${titleOfFree(profile)} begins with the platform's first start.`
        : `${naming(module)} is installed and starts${atInstant(module.startsAt)}${ifKeyIsThere(module)}.`;
    case "PREREQUISITE_NOT_MET":
    case "VERSION_UNKNOWN":
      return unmet(profile, evaluation, decision);
    case "BASE_MISSING":
      return `${naming(module)} is installed, but no base license is in force below it.`;
    case "UNKNOWN_CAPABILITY":
      return `${profile.title.en} has no capability of this name.`;
    default:
      return notLicensed(profile, evaluation);
  }
}

function grantedBy(profile: Profile, licenses: readonly InstalledLicense[]): string {
  if (licenses.length === 0) return `${titleOfFree(profile)} gives it without a license.`;
  const rank = ({ item }: InstalledLicense) => (isBase(profile, item) ? 0 : 1);
  const givers = licenses.toSorted((a, b) => rank(a) - rank(b));
  return `${givers.map(naming).join(" and ")} ${givers.length === 1 ? "gives" : "give"} it.`;
}

/** "Community", "Pre-authorization": what the product calls its no-license state, in a sentence. */
function titleOfFree({ noLicense }: Profile): string {
  return noLicense.title.en;
}

/** The meters that restrict a capability: its own, else those of the bases. */
function overOf(evaluation: Evaluation, decision: CapabilityDecision): readonly MeterReading[] {
  const own = decision.meters.filter(({ over }) => over);
  const items = evaluation.bases.map(({ item }) => item);
  const ofBases = evaluation.meters.filter(
    ({ key, over }) => over && items.some((item) => key.startsWith(`${item}/`)),
  );
  return own.length > 0 ? own : ofBases;
}

function describeOver({ key, used, limit }: MeterReading): string {
  return `${used} of ${limit ?? "unlimited"} ${key}`;
}

function baseBelow(base: InstalledLicense | undefined, at: Instant): string {
  if (isKeyLost(base, at)) return `the base license below it is bound to ${awayText(base)}`;
  return `the base license below it ended${atInstant(base?.endsAt)}`;
}

function ifKeyIsThere(pending: InstalledLicense): string {
  return isCarriedAt(pending, pending.startsAt) ? "" : `, if the USB key ${keyIdOf(pending)} is there then`;
}

function ended(license: InstalledLicense | undefined, at: Instant): string | undefined {
  if (license === undefined || !hasEndedAt(license, at)) return undefined;
  return `${naming(license)} ended${atInstant(license.endsAt)}.`;
}

function unmet(profile: Profile, evaluation: Evaluation, { key, reason }: CapabilityDecision): string {
  const prerequisite = prerequisiteOf(profile, key);
  const needed = prerequisite === undefined ? "" : `: it needs ${describePrerequisite(prerequisite)}`;
  const found = evaluation.bases
    .filter(({ edition }) => edition !== undefined)
    .map(({ item, edition }) => `${item} is ${edition}`);
  const version =
    reason === "VERSION_UNKNOWN"
      ? "; whether less is enough depends on the product version, which is not known"
      : "";
  return `What it builds on is not licensed${needed}${version} (${found.join(", ") || "no base is licensed"}).`;
}

function prerequisiteOf(profile: Profile, key: string): Prerequisite | undefined {
  const items = (profile.givers.get(key) ?? []).map((item) => profile.items.get(item)?.prerequisite);
  return items.find((prerequisite) => prerequisite !== undefined);
}

/** "edition enterprise or enterprise-plus of base, and the item isc". */
function describePrerequisite({ bases, editions, versions, items }: Prerequisite): string {
  const ranges = versions.map(
    ({ from, before, editions: enough }) =>
      `${enough.join(" or ")} from version ${from}${before === undefined ? "" : ` and before ${before}`}`,
  );
  const edition =
    bases.length === 0 ? [] : [`edition ${[...editions, ...ranges].join(", or ")} of ${bases.join(" or ")}`];
  return [...edition, ...items.map((item) => `the item ${item}`)].join(", and ");
}

function notLicensed(profile: Profile, { base, noLicenseInForce, edition }: Evaluation): string {
  if (noLicenseInForce) return `No license gives it, and ${titleOfFree(profile)} does not include it.`;
  const verb = base.situation === "RUNNING" ? "does" : "did";
  return `The base license, edition ${edition}, ${verb} not include it, and no module that gives it is installed.`;
}

/** What to upload, by reason; a license that is to come is named (LI-4). */
function remedyOf(
  profile: Profile,
  evaluation: Evaluation,
  { decision, licenses }: Pick<Explanation, "decision" | "licenses">,
  installed: readonly InstalledLicense[],
): string {
  if (decision.reason === "GRANTED") return beforeBuffersEnd(licenses, evaluation.at);
  const lost = licenses.find((license) => isKeyLost(license, evaluation.at));
  const advice = isByKey(decision) && lost ? insertAdvice(lost) : adviceFor(decision, profile, evaluation);
  if (advice === "") return "";
  const awaited = awaitedItems(decision.reason, profile, decision.key);
  const coming = firstToRun(
    installed.filter(({ item }) => awaited.includes(item)),
    evaluation.at,
  );
  if (coming === undefined) return advice;
  return `${naming(coming)} is installed and counts from ${new Date(coming.startsAt).toISOString()} without any action; to have it sooner: ${advice}`;
}

/** Whether a key that comes back gives more. */
function isByKey({ reason }: CapabilityDecision): boolean {
  return reason === "USB_KEY_LOST" || reason === "BASE_EXPIRED";
}

/** Items of which a license to come would change the state. */
function awaitedItems(reason: CapabilityReason, profile: Profile, key: string): readonly string[] {
  const givers = profile.givers.get(key) ?? [];
  const bases = [...profile.bases.keys()];
  return reason === "BASE_EXPIRED" || reason === "BASE_MISSING" ? bases : [...bases, ...givers];
}

function adviceFor({ reason, key }: CapabilityDecision, profile: Profile, evaluation: Evaluation): string {
  switch (reason) {
    case "EXPIRED":
    case "BASE_EXPIRED":
      return `Renew ${reason === "EXPIRED" && isByModule(profile, evaluation, key) ? "the module" : "the base"} license: ${APPLY}.`;
    case "BASE_MISSING":
      return `Get a base license: ${APPLY}.`;
    case "OVER_QUOTA":
      return `Delete or migrate away what is in use beyond the quota, or get more: ${APPLY}.`;
    case "PLATFORM_LOCKED":
      return "Re-acquire the licenses: `licensectl reload`, or upload a new one.";
    case "PREREQUISITE_NOT_MET":
      return `Get what it needs: ${APPLY}.`;
    case "VERSION_UNKNOWN":
      return "Set LICENSE_PRODUCT_VERSION to the version of the product.";
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
  const bases = [...profile.bases.values()].flatMap(({ item, editions }) => {
    const names = [...editions.values()]
      .filter(({ terms }) => [...terms.values()].some(({ includes }) => includes.includes(key)))
      .map(({ name }) => name);
    return names.length === 0 ? [] : [`a license for ${item} of edition ${names.join(" or ")}`];
  });
  return [...modules, ...bases].join(", or ");
}
