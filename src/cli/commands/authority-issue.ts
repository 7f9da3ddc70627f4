import { describeItem } from "../../domain/describe-item.ts";
import type { License } from "../../domain/license.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { type Authority, openAuthority } from "../../license-file/authority.ts";
import { issueLicense } from "../../license-file/issue-license.ts";
import { licenseOfClaims } from "../../license-file/license-of-claims.ts";
import type { TrustStore } from "../../license-file/trust-store.ts";
import { verifyClaims } from "../../license-file/verify-license.ts";
import { judgeForPlatform, refusedIssue } from "../authority/judge.ts";
import { type IssueOptions, toLicenseRequest } from "../authority/license-request.ts";
import { readOwnProfile } from "../authority/own-profile.ts";
import { asVendor, readVendorAnchors } from "../authority/vendor.ts";
import { writeOutput } from "../authority/write-output.ts";
import { usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { type Screen, styled } from "../output/screen.ts";
import { formatInstant } from "../output/time.ts";

/** `licensectl authority issue`: signs a license that a platform will take, or says why it would not. */
export async function authorityIssue(context: CommandContext, options: IssueOptions): Promise<void> {
  const now = new Date();
  const ownProfile = readOwnProfile(options.profileFile);
  const request = await toLicenseRequest(options, now);
  const { text, license } = await asVendor(async () => {
    const authority = await openAuthority(options.directory);
    const signed = await issueLicense(authority, request, now.getTime());
    return { text: signed, license: await readBack(authority, options.directory, signed) };
  });
  const refusals = judgeForPlatform(license, now.getTime(), ownProfile);
  if (refusals.length > 0 && options.force !== true) throw refusedIssue(refusals);
  for (const refusal of refusals) warn(context, refusal);
  if (options.out !== undefined) await writeOutput("--out", options.out, `${text}\n`);
  if (context.isJson) context.out.json({ license: text, ...summaryOf(license), file: options.out });
  else if (options.out === undefined) context.out.raw(`${text}\n`);
  else writeSummary(context.out, license, options.out);
}

/** The license as a platform will read it: what is judged and shown is what was signed. */
async function readBack(authority: Authority, directory: string, signed: string): Promise<License> {
  const anchors = await readVendorAnchors(directory);
  const trust: TrustStore = {
    anchors: new Map(anchors.map((anchor) => [anchor.keyId, anchor])),
    isTestVendorTrusted: true,
  };
  const read = await verifyClaims(signed, trust);
  if ("refusal" in read)
    throw usageError(`The key ${authority.keyId} does not verify: ${read.refusal.message}`);
  return licenseOfClaims(read.claims, signed);
}

function warn({ err, isJson }: CommandContext, { reason, message }: Refusal): void {
  if (isJson) err.json({ warning: { reason, message } }, "line");
  else err.line`${styled("yellow", "A platform will refuse it:")} ${reason}: ${message}`;
}

function summaryOf(license: License): Record<string, unknown> {
  const { id, issuer, jti, profile, item, edition, fromEdition, term, startsAt, endsAt } = license;
  const times = { startTime: new Date(startsAt), expireTime: endsAt && new Date(endsAt) };
  return { id, issuer, jti, profile, item, edition, fromEdition, term, ...times };
}

function writeSummary(out: Screen, license: License, file: string): void {
  const { id, term, startsAt, endsAt, customer, quotas } = license;
  out.line`Issued ${styled("bold", describeItem(license))} (${term}) for ${customer}: ${file}`;
  out.fields(
    [
      ["license", id],
      ["number", license.jti],
      ["starts", formatInstant(new Date(startsAt))],
      ["ends", endsAt === undefined ? "never" : formatInstant(new Date(endsAt))],
      ["quota", [...quotas].map(([unit, amount]) => `${amount} ${unit}`).join(", ") || undefined],
    ],
    "  ",
  );
}
