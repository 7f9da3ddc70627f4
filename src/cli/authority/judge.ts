import { completeLicense } from "../../domain/complete.ts";
import { judgeAgainstProfile } from "../../domain/judge.ts";
import type { Instant, License } from "../../domain/license.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { loadProfile, PROFILE_NAMES } from "../../profiles/load-profile.ts";
import { CliError } from "../cli-error.ts";

/**
 * What a platform of the license's product would say against it at `at`, whatever else is installed
 * there; the rules are those of the server itself.
 */
export function judgeForPlatform(license: License, at: Instant): readonly Refusal[] {
  if (!PROFILE_NAMES.some((name) => name === license.profile)) {
    const message = `This program does not know the product ${license.profile}; it knows ${PROFILE_NAMES.join(", ")}.`;
    return [{ reason: "OTHER_PRODUCT", message, claim: "profile" }];
  }
  const profile = loadProfile(license.profile);
  return judgeAgainstProfile(profile, completeLicense(profile, license), at);
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
