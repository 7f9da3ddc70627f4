/** A data directory as a development server leaves it, made without a server and a database. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { issueLicense, type LicenseRequest } from "../../../src/license-file/issue-license.ts";
import { ensureTestVendor, TEST_VENDOR_DIRECTORY } from "../../../src/license-file/test-vendor.ts";
import { createPlatformKey } from "../../../src/platform/platform-key.ts";
import { requestCodeOf } from "../../../src/platform/request-code.ts";
import { KEPT_STATE_FILE, keptStateText } from "../../../src/snapshot/kept-state.ts";
import { keepRequestCode } from "../../../src/start/request-code-file.ts";
import type { StoredState } from "../../../src/store/types.ts";
import { createFakeStore } from "../../helpers/fake-store.ts";
import { claimsFor } from "../../helpers/vendor.ts";

/** A data directory and what a test does with it. */
export interface KeptDirectory {
  readonly path: string;
  readonly requestCode: string;
  /** When its licenses were kept. */
  readonly writtenAt: number;
  /** Issues a license of its test vendor for its platform. */
  issue(claims?: Partial<LicenseRequest>): Promise<string>;
  /** Installs a license, and keeps it. */
  install(claims?: Partial<LicenseRequest>): Promise<void>;
  /** Keeps rows that a test has edited. */
  keep(edit?: (stored: StoredState) => StoredState): Promise<void>;
}

/** Makes it, with no license yet; it is removed at the end of the test. */
export async function makeKeptDirectory(t: ExecutionContext): Promise<KeptDirectory> {
  const path = await mkdtemp(join(tmpdir(), "license-offline-"));
  t.teardown(() => rm(path, { recursive: true }));
  const key = await createPlatformKey(path);
  const requestCode = await requestCodeOf(key, "zstack-cloud");
  await keepRequestCode(path, requestCode);
  await writeFile(join(path, "node-id"), "5f8b3c9e-0000-4000-8000-000000000001\n");
  const vendor = await ensureTestVendor(join(path, TEST_VENDOR_DIRECTORY));
  const writtenAt = Date.now() - 3 * 3_600_000;
  const store = await createFakeStore(key, writtenAt - 86_400_000);
  const directory: KeptDirectory = {
    path,
    requestCode,
    writtenAt,
    issue: (claims) => issueLicense(vendor, claimsFor(key.thumbprint, claims), writtenAt),
    async install(claims) {
      await store.install(await directory.issue(claims), writtenAt - 1_000);
      await directory.keep();
    },
    async keep(edit = (stored) => stored) {
      const kept = { writtenAt, profile: "zstack-cloud", productVersion: "E0760", stored: edit(store.state) };
      await writeFile(join(path, KEPT_STATE_FILE), keptStateText(kept));
    },
  };
  await directory.keep();
  return directory;
}
