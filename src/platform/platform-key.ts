import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CryptoKey } from "jose";
import { StartupError } from "../errors.ts";
import { thumbprintOf } from "../license-file/ed25519-key.ts";
import {
  createPrivateKeyFile,
  isErrorWithCode,
  type KeyPair,
  readPrivateKeyFile,
} from "../license-file/private-key-file.ts";
import { createFileDurably } from "./durable-file.ts";

/** The key pair that is the platform: licenses are bound to it, and it signs the rows that carry rights. */
export interface PlatformKey {
  readonly privateKey: CryptoKey;
  /** Public half: member `x` of its JWK. */
  readonly publicKeyX: string;
  /** RFC 7638 thumbprint: SHA-256, base64url, 43 characters. */
  readonly thumbprint: string;
}

/** Name of the key's file in the data directory. */
export const PLATFORM_KEY_FILE = "platform-key.pem";

/**
 * Reads the platform key of a data directory.
 *
 * @returns `undefined` when there is none. Whether one may be made then is the caller's to say: a database
 *   that has a platform already needs that platform's key.
 * @throws StartupError ("platformKey"): the file is not readable, readable by other users, or no Ed25519 key.
 */
export async function readPlatformKey(dataDirectory: string): Promise<PlatformKey | undefined> {
  return readPlatformKeyFile(join(dataDirectory, PLATFORM_KEY_FILE));
}

/** As {@link readPlatformKey}, of a file anywhere: a copy that is on its way to a data directory. */
export async function readPlatformKeyFile(path: string): Promise<PlatformKey | undefined> {
  try {
    const pair = await readPrivateKeyFile(path);
    return pair === undefined ? undefined : await platformKeyOf(pair);
  } catch (error) {
    throw keyError(path, error);
  }
}

/**
 * Makes the platform key of a data directory, mode 0600, unless another process was faster: then that one
 * is the platform's key.
 *
 * @throws StartupError ("platformKey"): the file cannot be written or, made by another, not be used.
 */
export async function createPlatformKey(dataDirectory: string): Promise<PlatformKey> {
  const path = join(dataDirectory, PLATFORM_KEY_FILE);
  try {
    return await platformKeyOf(await createPrivateKeyFile(path));
  } catch (error) {
    const existing = isErrorWithCode(error, "EEXIST") ? await readPlatformKey(dataDirectory) : undefined;
    if (existing === undefined) throw keyError(path, error);
    return existing;
  }
}

/**
 * Copies the file of a platform key into a data directory that has none, mode 0600.
 *
 * @throws StartupError ("platformKey"): the data directory has a key by now, or cannot be written.
 */
export async function installPlatformKey(file: string, dataDirectory: string): Promise<void> {
  const path = join(dataDirectory, PLATFORM_KEY_FILE);
  try {
    await createFileDurably(path, await readFile(file));
  } catch (error) {
    const problem = isErrorWithCode(error, "EEXIST")
      ? new Error("there is a key already", { cause: error })
      : error;
    throw keyError(path, problem);
  }
}

async function platformKeyOf(pair: KeyPair): Promise<PlatformKey> {
  return { ...pair, thumbprint: await thumbprintOf(pair.publicKeyX) };
}

function keyError(path: string, error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  const problem = error instanceof Error ? error.message : String(error);
  return new StartupError("platformKey", `The platform key ${path} cannot be used: ${problem}.`, {
    cause: error,
  });
}
