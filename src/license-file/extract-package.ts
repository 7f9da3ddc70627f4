import { gunzip, isGzip } from "./gunzip.ts";
import { DEFAULT_PACKAGE_LIMITS, type PackageLimits } from "./package-limits.ts";
import { refuse } from "./refusals.ts";
import { isTar } from "./tar-header.ts";
import { type PackageEntry, TarReader, tooLarge } from "./tar-reader.ts";

/** What a package holds, not yet verified. */
export interface ExtractedPackage {
  /** Files and refusals in archive order; never empty. A package that is one license is one file named "". */
  readonly entries: readonly PackageEntry[];
  /** Bytes that were inflated, also when that was refused; 0 for a package that is not compressed. */
  readonly inflatedBytes: number;
}

/**
 * Takes a package apart in memory: one license, a tar or a tar.gz (ZC-AM-2; threats 3 and 4).
 *
 * @param limits those to differ from {@link DEFAULT_PACKAGE_LIMITS}.
 * @returns never throws, whatever the bytes. Refusals: EMPTY_PACKAGE, PACKAGE_TOO_LARGE, ARCHIVE_INVALID.
 */
export async function extractPackage(
  bytes: Uint8Array,
  limits: Partial<PackageLimits> = {},
): Promise<ExtractedPackage> {
  const all = { ...DEFAULT_PACKAGE_LIMITS, ...limits };
  if (bytes.length > all.maxPackageBytes) {
    const refusal = tooLarge(`it has ${bytes.length} bytes, and at most ${all.maxPackageBytes} are allowed`);
    return { entries: [{ refusal }], inflatedBytes: 0 };
  }
  if (isGzip(bytes)) return extractGzip(bytes, all);
  if (isTar(bytes)) return { entries: extractTar(bytes, all), inflatedBytes: 0 };
  return { entries: orEmpty(bytes.length === 0 ? [] : [{ fileName: "", bytes }]), inflatedBytes: 0 };
}

async function extractGzip(bytes: Uint8Array, limits: PackageLimits): Promise<ExtractedPackage> {
  const reader = new TarReader(limits);
  const { inflatedBytes, refusal } = await gunzip(bytes, limits, (chunk) => {
    reader.write(chunk);
    return !reader.isStopped;
  });
  if (refusal === undefined) reader.end();
  const entries = refusal === undefined ? reader.entries : [...reader.entries, { refusal }];
  return { entries: orEmpty(entries), inflatedBytes };
}

function extractTar(bytes: Uint8Array, limits: PackageLimits): readonly PackageEntry[] {
  const reader = new TarReader(limits);
  reader.write(bytes);
  reader.end();
  return orEmpty(reader.entries);
}

function orEmpty(entries: readonly PackageEntry[]): readonly PackageEntry[] {
  if (entries.length > 0) return entries;
  return [
    {
      refusal: refuse("EMPTY_PACKAGE", "The package holds no license. Upload the file that the vendor sent."),
    },
  ];
}
