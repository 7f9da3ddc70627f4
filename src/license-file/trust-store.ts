import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { StartupError } from "../errors.ts";
import { anchorsOf, parseAnchorFile, TEST_KEY_ID_PREFIX, type TrustAnchor } from "./trust-anchor.ts";

/** The vendors that a process believes. Fixed for its life: nothing that a licensee sends can add to it. */
export interface TrustStore {
  /** By key id. */
  readonly anchors: ReadonlyMap<string, TrustAnchor>;
  /** Development mode: licenses of test vendors count. */
  readonly isTestVendorTrusted: boolean;
}

/** Where anchors come from. */
export interface TrustStoreOptions {
  /** The package's own `trust` directory. A missing one holds no anchors. */
  readonly trustDirectory: string;
  /** Development mode only: directory of the test vendor's anchor. Default: test vendors are not trusted. */
  readonly testVendorDirectory?: string | undefined;
}

/**
 * Reads all `*.json` anchor files.
 *
 * @throws StartupError ("settings") naming the file and what is wrong with it: unreadable, malformed, a key
 *   id for the second time, a test vendor's key outside development mode, another key in the test directory.
 */
export async function loadTrustStore(options: TrustStoreOptions): Promise<TrustStore> {
  const isTestVendorTrusted = options.testVendorDirectory !== undefined;
  const anchors = new Map<string, TrustAnchor>();
  await addAnchors(anchors, options.trustDirectory, (anchor) => {
    if (isTestKey(anchor.keyId) && !isTestVendorTrusted)
      throw new Error(`${anchor.keyId} is the key of a test vendor`);
  });
  if (options.testVendorDirectory !== undefined) {
    await addAnchors(anchors, options.testVendorDirectory, (anchor) => {
      if (!isTestKey(anchor.keyId)) throw new Error(`${anchor.keyId} is not the key of a test vendor`);
    });
  }
  return { anchors, isTestVendorTrusted };
}

/** Whether a key id is one of a test vendor. */
export function isTestKey(keyId: string): boolean {
  return keyId.startsWith(TEST_KEY_ID_PREFIX);
}

async function addAnchors(
  anchors: Map<string, TrustAnchor>,
  directory: string,
  check: (anchor: TrustAnchor) => void,
): Promise<void> {
  for (const name of await listAnchorFiles(directory)) {
    const path = join(directory, name);
    try {
      for (const anchor of await anchorsOf(parseAnchorFile(await readFile(path, "utf8")))) {
        check(anchor);
        if (anchors.has(anchor.keyId)) throw new Error(`the key id ${anchor.keyId} is there twice`);
        anchors.set(anchor.keyId, anchor);
      }
    } catch (error) {
      throw anchorFileError(path, error);
    }
  }
}

async function listAnchorFiles(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw anchorFileError(directory, error);
  }
}

function anchorFileError(path: string, error: unknown): StartupError {
  const problem = error instanceof Error ? error.message : String(error);
  return new StartupError("settings", `The vendor keys in ${path} cannot be used: ${problem}.`, {
    cause: error,
  });
}
