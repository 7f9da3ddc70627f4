/** The licenses of a platform as its data directory has them, verified as the server verifies (ZL-6). */
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "../../domain/license.ts";
import { StartupError } from "../../errors.ts";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";
import { PRODUCT_TRUST_DIRECTORY } from "../../license-file/product-trust.ts";
import { TEST_VENDOR_DIRECTORY } from "../../license-file/test-vendor.ts";
import { loadTrustStore } from "../../license-file/trust-store.ts";
import { fileProblem } from "../../platform/file-problem.ts";
import { type PlatformKey, readPlatformKey } from "../../platform/platform-key.ts";
import type { PlatformIdentity } from "../../rpc/messages/info.ts";
import {
  KEPT_STATE_FILE,
  type KeptState,
  MAX_KEPT_STATE_BYTES,
  parseKeptState,
} from "../../snapshot/kept-state.ts";
import { type LicenseState, readLicenseState } from "../../snapshot/license-state.ts";
import { createRowVerifier } from "../../snapshot/row-verifier.ts";
import { CliError, usageError } from "../cli-error.ts";
import { readKeptProfile } from "./kept-profile.ts";
import { damagedState, newerState, noState, otherPlatform } from "./offline-errors.ts";
import { readOfflineRequestCode } from "./request-code-file.ts";

/** What a data directory tells of its platform. */
export interface OfflineState {
  /** Absolute path of the data directory. */
  readonly directory: string;
  /** When the server wrote the file. */
  readonly writtenAt: Instant;
  readonly state: LicenseState;
  readonly identity: PlatformIdentity;
  /** Some licenses may count only where the test vendor of this directory is believed, which was not asked for. */
  readonly lacksTestVendor: boolean;
}

/**
 * Reads and verifies what the server has kept.
 *
 * @param directory of a server that has started once.
 * @param isDevelopment the test vendor of the directory is believed, as in development mode.
 * @throws CliError: nothing is kept there, or nothing that can be believed.
 */
export async function readOfflineState(directory: string, isDevelopment: boolean): Promise<OfflineState> {
  const key = await readKey(directory);
  const kept = await readKeptState(join(directory, KEPT_STATE_FILE), key);
  const profile = readKeptProfile(directory, kept.profile, isDevelopment);
  const testVendor = join(directory, TEST_VENDOR_DIRECTORY);
  const hasTestVendor = await exists(testVendor);
  const trust = await asUsage(() =>
    loadTrustStore({
      trustDirectory: PRODUCT_TRUST_DIRECTORY,
      testVendorDirectory: isDevelopment && hasTestVendor ? testVendor : undefined,
    }),
  );
  const expected = { thumbprint: key.thumbprint, profile: profile.name };
  const state = await readLicenseState(
    {
      profile,
      productVersion: kept.productVersion,
      trust: { hasAnchors: trust.anchors.size > 0, isTestVendorTrusted: trust.isTestVendorTrusted },
      rows: createRowVerifier({ trust, expected, publicKeyX: key.publicKeyX }),
    },
    kept.stored,
  );
  const { requestCode, platformId } = await readOfflineRequestCode(directory, key.thumbprint);
  const nodeId = await readFile(join(directory, "node-id"), "utf8").catch(() => "");
  return {
    directory,
    writtenAt: kept.writtenAt,
    state,
    identity: { requestCode, platformId, nodeId: nodeId.trim() },
    lacksTestVendor: hasTestVendor && !isDevelopment && state.unverified.length > 0,
  };
}

async function readKey(directory: string): Promise<PlatformKey> {
  const key = await asUsage(() => readPlatformKey(directory));
  if (key === undefined) throw usageError(`The platform key of ${directory} was taken away.`);
  return key;
}

async function readKeptState(path: string, key: PlatformKey): Promise<KeptState> {
  const kept = parseKeptState(await readBounded(path));
  if ("fault" in kept) throw kept.fault === "newer" ? newerState(path) : damagedState(path);
  if (kept.stored.platform.thumbprint !== key.thumbprint) throw otherPlatform(path);
  if (kept.stored.platform.profile !== kept.profile) throw damagedState(path);
  return kept;
}

/** The text of a file that no server of ours wrote larger. */
async function readBounded(path: string): Promise<string> {
  try {
    const handle = await open(path, "r");
    try {
      if ((await handle.stat()).size > MAX_KEPT_STATE_BYTES) throw damagedState(path);
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    if (isErrorWithCode(error, "ENOENT")) throw noState(path);
    throw usageError(`${path} cannot be read: ${fileProblem(error)}.`);
  }
}

async function asUsage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StartupError ? usageError(error.message) : error;
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
