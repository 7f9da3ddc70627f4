/** Judges one license against the profile, whatever is installed: the part of LI-8 that the vendor's side shares. */
import { describeItem } from "./describe-item.ts";
import { DAY_MS, hasEndedAt, type Instant, type License } from "./license.ts";
import { editionTermOf, type Profile } from "./profile.ts";
import type { Refusal, RefusalReason } from "./refusal.ts";
import { type Sold, soldAs, termNotAllowed, unknownItem } from "./sold.ts";

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
    sold === undefined ? termNotAllowed(profile, license) : undefined,
    hasEndedAt(license, at) ? alreadyExpired(license) : undefined,
    invalidWindow(license),
    ...(sold === undefined ? [] : judgeQuotas(license, sold)),
    trialAboveProfile(profile, license),
    usbNotSupported(profile, license),
  ];
  return refusals.filter((refusal) => refusal !== undefined);
}

function refuse(reason: RefusalReason, message: string, claim?: string): Refusal {
  return { reason, message, claim };
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

function judgeQuotas(license: License, sold: Sold): readonly (Refusal | undefined)[] {
  return [unitNotSold(license, sold), unitRequired(license, sold), packSize(license, sold)];
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

/** Sold in packs: an amount of its own is one of the sizes (US-FE-1); two packs are two licenses. */
function packSize(license: License, { packSizes, units }: Sold): Refusal | undefined {
  if (packSizes.length === 0) return undefined;
  const amounts = units.flatMap((unit) => license.quotas.get(unit) ?? []);
  const wrong = amounts.find((amount) => !packSizes.includes(amount));
  if (wrong === undefined) return undefined;
  return refuse(
    "PACK_SIZE",
    `${describeItem(license)} is sold in packs of ${packSizes.join(", ")}; this license is for ${wrong}. Ask the vendor for packs of these sizes, each a license of its own.`,
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
