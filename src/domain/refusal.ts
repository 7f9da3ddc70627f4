/**
 * Stable reasons against a file or a package, named as in the contract's `ErrorReason`. Those from
 * `JTI_REUSED` on are judged in the order of LI-8.
 */
export type RefusalReason =
  | "EMPTY_PACKAGE"
  | "PACKAGE_TOO_LARGE"
  | "ARCHIVE_INVALID"
  | "NOT_A_LICENSE"
  | "HEADER_NOT_ALLOWED"
  | "UNKNOWN_VENDOR_KEY"
  | "TEST_VENDOR"
  | "VENDOR_KEY_NOT_VALID"
  | "SIGNATURE_INVALID"
  | "NO_TRUST_ANCHORS"
  | "CLAIM_MISSING"
  | "CLAIM_INVALID"
  | "SCHEMA_VERSION_UNKNOWN"
  | "OTHER_PRODUCT"
  | "OTHER_PLATFORM"
  | "JTI_REUSED"
  | "UNKNOWN_ITEM"
  | "TERM_NOT_ALLOWED"
  | "ALREADY_EXPIRED"
  | "INVALID_WINDOW"
  | "UNIT_REQUIRED"
  | "PACK_SIZE"
  | "TRIAL_ABOVE_PROFILE"
  | "UNINSTALLED_BEFORE"
  | "USB_NOT_SUPPORTED"
  | "USB_KEY_NOT_INSERTED"
  | "USB_KEY_MISMATCH"
  | "OLDER_THAN_INSTALLED"
  | "EDITION_CONFLICT"
  | "UPGRADE_MISMATCH"
  | "BASE_MISSING"
  | "NOT_FOUND"
  | "USB_LICENSE"
  | "NOT_UNINSTALLABLE";

/** One reason against one file of a package, or against the package as a whole. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** What is wrong and what to do: a sentence that an operator can act on. Holds no raw outside text. */
  readonly message: string;
  /** File in the package, escaped and cut; `undefined`: the package as a whole. */
  readonly fileName?: string | undefined;
  /** Claim at fault, where there is one. */
  readonly claim?: string | undefined;
  /** Public facts for programs, such as the two numbers of an UPGRADE_MISMATCH; short, no outside text. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
