import { completeLicense } from "../../domain/complete.ts";
import { judgeAgainstProfile } from "../../domain/judge.ts";
import type { Instant, License } from "../../domain/license.ts";
import type { Profile } from "../../domain/profile.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { isShippedProfile, loadProfile, PROFILE_NAMES } from "../../profiles/load-profile.ts";
import { CliError } from "../cli-error.ts";

/**
 * What a platform of the license's product would say against it at `at`, whatever else is installed
 * there; the rules are those of the server itself.
 *
 * @param ownProfile of a product that does not ship.
 */
export function judgeForPlatform(license: License, at: Instant, ownProfile?: Profile): readonly Refusal[] {
  const profile = profileOf(license, ownProfile);
  if (profile === undefined) {
    const known = ownProfile?.name ?? PROFILE_NAMES.join(", ");
    const message = `This program does not know the product ${license.profile}; it knows ${known}. Name its profile file by --profile-file.`;
    return [{ reason: "OTHER_PRODUCT", message, claim: "profile" }];
  }
  return judgeAgainstProfile(profile, completeLicense(profile, license), at);
}

function profileOf({ profile }: License, ownProfile: Profile | undefined): Profile | undefined {
  if (ownProfile !== undefined) return ownProfile.name === profile ? ownProfile : undefined;
  return isShippedProfile(profile) ? loadProfile(profile) : undefined;
}

/** The failure of an issue that the product's rules do not allow. */
export function refusedIssue(refusals: readonly Refusal[]): CliError {
  return new CliError("refused", refusals[0]?.message ?? "The license was refused.", {
    reason: refusals[0]?.reason,
    meaning: "No license was issued: a platform would refuse it.",
    remedy: "Correct the options. For tests, --force issues it nevertheless.",
    refusals: refusals.map(({ reason, message, claim = "" }) => ({ fileName: "", reason, message, claim })),
    refusalTotal: refusals.length,
  });
}
