import type { License } from "../domain/license.ts";
import type { Refusal } from "../domain/refusal.ts";
import { extractPackage } from "./extract-package.ts";
import { outsideText } from "./outside-text.ts";
import { DEFAULT_PACKAGE_LIMITS, type PackageLimits } from "./package-limits.ts";
import { inFile, refuse } from "./refusals.ts";
import type { PackageEntry } from "./tar-reader.ts";
import type { TrustStore } from "./trust-store.ts";
import { type ExpectedPlatform, verifyLicense } from "./verify-license.ts";

/** A license of a package. */
export interface VerifiedFile {
  /** Name in the archive, escaped and cut; "" when the package is the license itself. */
  readonly fileName: string;
  readonly license: License;
  /** The exact compact JWS, without a line end: what is stored and verified again at every load. */
  readonly signedBytes: string;
}

/** What a package holds for a platform. */
export interface PackageReading {
  /** Good files in archive order. They count only when there is no refusal. */
  readonly files: readonly VerifiedFile[];
  /** Everything against the package's bytes, in archive order; the first is the reason (LI-8). */
  readonly refusals: readonly Refusal[];
  /** Bytes that were inflated, also when that was refused. */
  readonly inflatedBytes: number;
}

/**
 * Reads a package and verifies each license in it. Never throws, whatever the bytes (threat 7).
 *
 * @param bytes one license, a tar or a tar.gz of licenses.
 * @param limits those to differ from {@link DEFAULT_PACKAGE_LIMITS}.
 */
export async function readPackage(
  bytes: Uint8Array,
  trust: TrustStore,
  expected: ExpectedPlatform,
  limits: Partial<PackageLimits> = {},
): Promise<PackageReading> {
  const { entries, inflatedBytes } = await extractPackage(bytes, limits);
  const maxBytes = limits.maxEntryBytes ?? DEFAULT_PACKAGE_LIMITS.maxEntryBytes;
  const files: VerifiedFile[] = [];
  const refusals: Refusal[] = [];
  for (const entry of entries) {
    const result = "refusal" in entry ? entry : await verifyEntry(entry, trust, expected, maxBytes);
    if ("refusal" in result) refusals.push(result.refusal);
    else files.push(result);
  }
  return { files, refusals, inflatedBytes };
}

async function verifyEntry(
  { fileName, bytes }: Exclude<PackageEntry, { refusal: Refusal }>,
  trust: TrustStore,
  expected: ExpectedPlatform,
  maxBytes: number,
): Promise<VerifiedFile | { refusal: Refusal }> {
  const signedBytes = bytes.length > maxBytes ? undefined : licenseTextOf(bytes);
  if (signedBytes === undefined) return { refusal: inFile(NO_LICENSE_SO_LONG, fileName) };
  const verdict = await verifyLicense(signedBytes, trust, expected);
  if ("refusal" in verdict) return { refusal: inFile(verdict.refusal, fileName) };
  return { fileName: outsideText(fileName), license: verdict.license, signedBytes };
}

const NO_LICENSE_SO_LONG = refuse(
  "NOT_A_LICENSE",
  "This file is not a license: it is far longer than one. Upload the file that the vendor sent.",
);

/**
 * The text of a license file: its bytes, less the one line end that editors put after the last line. What is
 * signed ends before it.
 */
export function licenseTextOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("latin1")
    .replace(/\r?\n$/, "");
}
