import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StartupError } from "../../errors.ts";
import { AuthorityError } from "../../license-file/authority-error.ts";
import { anchorsOf, parseAnchorFile, type TrustAnchor } from "../../license-file/trust-anchor.ts";
import { usageError } from "../cli-error.ts";

/** Public half of a vendor's directory, beside the private key. */
const ANCHOR_FILE = "anchor.json";

/**
 * Runs work of the vendor's side; its mistakes become failures of licensectl.
 * @throws CliError of kind usage for what the person at the command line can correct.
 */
export async function asVendor<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isCorrectable = error instanceof AuthorityError || error instanceof StartupError;
    throw isCorrectable ? usageError(error.message) : error;
  }
}

/** The anchors of a vendor's directory; its private key is not needed for that. @throws CliError of kind usage. */
export async function readVendorAnchors(directory: string): Promise<readonly TrustAnchor[]> {
  const path = join(directory, ANCHOR_FILE);
  try {
    return await anchorsOf(parseAnchorFile(await readFile(path, "utf8")));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw usageError(`The vendor's anchor ${path} cannot be used: ${problem}.`);
  }
}
