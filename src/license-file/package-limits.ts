/** What reading one package may cost (threat 4). */
export interface PackageLimits {
  /** Bytes as uploaded. Default: 1 MiB. */
  readonly maxPackageBytes: number;
  /** Entries of an archive, directories included. Default: 64. */
  readonly maxEntries: number;
  /** Bytes of one file. Default: 64 KiB. */
  readonly maxEntryBytes: number;
  /** Bytes that the package inflates to. Default: 8 MiB. */
  readonly maxInflatedBytes: number;
  /** Bytes inflated for each byte read, judged from 64 KiB on. Default: 100. */
  readonly maxInflationRatio: number;
  /** Time that unpacking may take. Default: 5,000 ms. */
  readonly maxDurationMs: number;
}

/** Defaults of {@link PackageLimits}. */
export const DEFAULT_PACKAGE_LIMITS: PackageLimits = {
  maxPackageBytes: 1024 * 1024,
  maxEntries: 64,
  maxEntryBytes: 64 * 1024,
  maxInflatedBytes: 8 * 1024 * 1024,
  maxInflationRatio: 100,
  maxDurationMs: 5_000,
};
