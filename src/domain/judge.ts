/** Judges one license against the profile, whatever is installed: the part of LI-8 that the vendor's side shares. */
import { BASE_ITEM, DAY_MS, hasEndedAt, type Instant, type License } from "./license.ts";
import { editionTermOf, type Profile } from "./profile.ts";
import type { Refusal, RefusalReason } from "./refusal.ts";

/** What the profile says of the item that a license is for. */
interface Sold {
  readonly units: readonly string[];
  readonly requiredUnits: readonly string[];
}

/**
 * Every reason of the profile against a completed license, in the order of LI-8; empty: none.
 *
 * @param at the instant of the upload: a license whose end has passed is refused (LI-5)
 */
export function judgeAgainstProfile(profile: Profile, license: License, at: Instant): readonly Refusal[] {
  const unknown = unknownItem(profile, license);
  if (unknown !== undefined) return [unknown];
  const sold = soldAs(profile, license);
  const refusals = [
    sold === undefined ? termNotAllowed(license) : undefined,
    hasEndedAt(license, at) ? alreadyExpired(license) : undefined,
    invalidWindow(license),
    ...(sold === undefined ? [] : [unitNotSold(license, sold), unitRequired(license, sold)]),
    trialAboveProfile(profile, license),
    usbNotSupported(profile, license),
  ];
  return refusals.filter((refusal) => refusal !== undefined);
}

/** An item as people call it: "base enterprise", "module gpu". */
export function describeItem({ item, edition }: Pick<License, "item" | "edition">): string {
  return item === BASE_ITEM ? `base ${edition ?? "(no edition)"}` : item;
}

function refuse(reason: RefusalReason, message: string, claim?: string): Refusal {
  return { reason, message, claim };
}

function unknownItem(profile: Profile, license: License): Refusal | undefined {
  if (license.item !== BASE_ITEM) {
    if (!profile.items.has(license.item)) {
      return refuse(
        "UNKNOWN_ITEM",
        `${profile.title.en} has no item of this name; ask the vendor for a license of this product.`,
        "item",
      );
    }
    if (license.edition === undefined) return undefined;
    return refuse(
      "UNKNOWN_ITEM",
      `Item ${license.item} has no editions, but the license names one.`,
      "edition",
    );
  }
  if (license.edition !== undefined && profile.editions.has(license.edition)) return undefined;
  const known = [...profile.editions.keys()].join(", ");
  return refuse(
    "UNKNOWN_ITEM",
    `A base license of ${profile.title.en} names one of its editions: ${known}.`,
    "edition",
  );
}

/** `undefined`: the item is not sold on the license's term. */
function soldAs(profile: Profile, license: License): Sold | undefined {
  if (license.fromEdition !== undefined) return undefined;
  if (license.item !== BASE_ITEM) {
    const item = profile.items.get(license.item);
    return item?.terms.includes(license.term) ? item : undefined;
  }
  const term = editionTermOf(profile, license);
  return term && { units: profile.baseUnits, requiredUnits: term.requiredUnits };
}

function termNotAllowed(license: License): Refusal {
  if (license.fromEdition !== undefined) {
    return refuse(
      "TERM_NOT_ALLOWED",
      "This product has no upgrade licenses; ask the vendor for a license of the edition itself.",
      "from_edition",
    );
  }
  return refuse(
    "TERM_NOT_ALLOWED",
    `${describeItem(license)} is not sold on the term ${license.term}.`,
    "term",
  );
}

function alreadyExpired(license: License): Refusal {
  const end = new Date(license.endsAt ?? 0).toISOString();
  return refuse(
    "ALREADY_EXPIRED",
    `The license for ${describeItem(license)} ended at ${end}; ask the vendor for a renewal.`,
    "exp",
  );
}

function invalidWindow(license: License): Refusal | undefined {
  if (license.endsAt === undefined || license.endsAt > license.startsAt) return undefined;
  return refuse(
    "INVALID_WINDOW",
    `The license for ${describeItem(license)} ends at or before its start.`,
    "exp",
  );
}

function unitNotSold(license: License, { units }: Sold): Refusal | undefined {
  if ([...license.quotas.keys()].every((unit) => units.includes(unit))) return undefined;
  const allowed = units.length === 0 ? "names no quota" : `names its quota in ${units.join(", ")}`;
  return refuse(
    "UNIT_REQUIRED",
    `A license for ${describeItem(license)} ${allowed}; this one names another unit.`,
    "quotas",
  );
}

function unitRequired(license: License, { requiredUnits }: Sold): Refusal | undefined {
  if (requiredUnits.length === 0 || requiredUnits.some((unit) => license.quotas.has(unit))) return undefined;
  return refuse(
    "UNIT_REQUIRED",
    `A license for ${describeItem(license)} must name its quota in ${requiredUnits.join(" or ")}.`,
    "quotas",
  );
}

function trialAboveProfile(profile: Profile, license: License): Refusal | undefined {
  const trial = editionTermOf(profile, license)?.trial;
  if (trial === undefined) return undefined;
  const longest = license.startsAt + trial.days * DAY_MS;
  if (license.endsAt === undefined || license.endsAt > longest) {
    return refuse(
      "TRIAL_ABOVE_PROFILE",
      `A trial of ${describeItem(license)} lasts ${trial.days} days at most.`,
      "exp",
    );
  }
  for (const [unit, most] of trial.quotas) {
    if ((license.quotas.get(unit) ?? most) > most) {
      return refuse(
        "TRIAL_ABOVE_PROFILE",
        `A trial of ${describeItem(license)} grants ${most} ${unit} at most.`,
        "quotas",
      );
    }
  }
  return undefined;
}

function usbNotSupported(profile: Profile, license: License): Refusal | undefined {
  if (profile.usbKeys || license.binding.method !== "usb-key") return undefined;
  return refuse(
    "USB_NOT_SUPPORTED",
    `${profile.title.en} has no USB keys; apply with the request code.`,
    "sub",
  );
}
