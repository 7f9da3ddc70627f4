import type { Refusal } from "../domain/refusal.ts";
import { decodeBase64url } from "./base64url.ts";
import { extractPackage } from "./extract-package.ts";
import { outsideText } from "./outside-text.ts";
import type { PackageLimits } from "./package-limits.ts";
import { licenseTextOf } from "./read-package.ts";
import type { PackageEntry } from "./tar-reader.ts";
import type { TrustStore } from "./trust-store.ts";
import { verifyClaims } from "./verify-license.ts";

/** What a file of a package says of itself. Nothing in it is to be believed unless `verdict` is VERIFIED. */
export interface InspectedFile {
  /** Name in the archive, escaped and cut; "" when the package is the license itself or as a whole. */
  readonly fileName: string;
  /** The header as JSON.parse reads it; `undefined`: not readable. */
  readonly header: unknown;
  /** The claims as JSON.parse reads them; `undefined`: not readable. */
  readonly claims: unknown;
  /** VERIFIED: signed by a trusted vendor, for whatever platform. NOT_CHECKED: no trust store was given. */
  readonly verdict: "VERIFIED" | "REFUSED" | "NOT_CHECKED";
  /** Why it was refused. */
  readonly refusal: Refusal | undefined;
}

/**
 * Shows what a package holds, for people: also what would be refused.
 *
 * @param trust the vendors to check signatures with. Default: none are checked.
 * @param limits those to differ from the defaults.
 */
export async function inspectPackage(
  bytes: Uint8Array,
  trust?: TrustStore,
  limits: Partial<PackageLimits> = {},
): Promise<InspectedFile[]> {
  const { entries } = await extractPackage(bytes, limits);
  return Promise.all(entries.map((entry) => inspectEntry(entry, trust)));
}

async function inspectEntry(entry: PackageEntry, trust: TrustStore | undefined): Promise<InspectedFile> {
  if ("refusal" in entry) {
    const fileName = entry.refusal.fileName ?? "";
    return { fileName, header: undefined, claims: undefined, verdict: "REFUSED", refusal: entry.refusal };
  }
  const text = licenseTextOf(entry.bytes);
  const [header = "", claims = ""] = text.split(".", 2);
  const shown = {
    fileName: outsideText(entry.fileName),
    header: looseJson(header),
    claims: looseJson(claims),
  };
  if (trust === undefined) return { ...shown, verdict: "NOT_CHECKED", refusal: undefined };
  const verified = await verifyClaims(text, trust);
  if ("refusal" in verified) return { ...shown, verdict: "REFUSED", refusal: verified.refusal };
  return { ...shown, verdict: "VERIFIED", refusal: undefined };
}

function looseJson(encoded: string): unknown {
  try {
    return JSON.parse(Buffer.from(decodeBase64url(encoded) ?? []).toString("utf8"));
  } catch {
    return undefined;
  }
}
