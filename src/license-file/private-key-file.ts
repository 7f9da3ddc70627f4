import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { open } from "node:fs/promises";
import { type CryptoKey, importPKCS8 } from "jose";
import { createFileDurably } from "../platform/durable-file.ts";
import { SIGNATURE_ALGORITHM } from "./ed25519-key.ts";

/** An Ed25519 key pair in use. The private half cannot be exported again. */
export interface KeyPair {
  readonly privateKey: CryptoKey;
  /** The public half, member `x` of its JWK. */
  readonly publicKeyX: string;
}

/** A key file is far smaller. */
const MAX_FILE_BYTES = 16 * 1024;

/**
 * Makes a key pair and writes it as PKCS #8 PEM, mode 0600, so that the file is there whole or not at all,
 * and never replaces one.
 *
 * @throws the error of the file system; code `EEXIST`: the file is there already.
 */
export async function createPrivateKeyFile(path: string): Promise<KeyPair> {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await createFileDurably(path, pem);
  return keyPairOf(pem);
}

/**
 * Reads a key pair.
 *
 * @returns `undefined` when there is no such file.
 * @throws Error whose message, without the file's name, says what is wrong: readable by others, no Ed25519 key.
 */
export async function readPrivateKeyFile(path: string): Promise<KeyPair | undefined> {
  const pem = await readPem(path);
  return pem === undefined ? undefined : keyPairOf(pem);
}

async function readPem(path: string): Promise<string | undefined> {
  const handle = await open(path, "r").catch((error: unknown) => {
    if (isErrorWithCode(error, "ENOENT")) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  try {
    const { mode, size } = await handle.stat();
    if ((mode & 0o077) !== 0) throw new Error("other users can read it; allow only its owner (chmod 600)");
    if (size > MAX_FILE_BYTES) throw new Error("it is no private key");
    return await handle.readFile("utf8");
  } finally {
    await handle.close();
  }
}

async function keyPairOf(pem: string): Promise<KeyPair> {
  try {
    const key = createPrivateKey(pem);
    const publicKeyX = createPublicKey(key).export({ format: "jwk" }).x;
    if (key.asymmetricKeyType !== "ed25519" || publicKeyX === undefined)
      throw new Error(key.asymmetricKeyType);
    return { privateKey: await importPKCS8(pem, SIGNATURE_ALGORITHM), publicKeyX };
  } catch (cause) {
    throw new Error("it is no Ed25519 private key in PKCS #8 PEM form", { cause });
  }
}

/** Whether an error is a file system's, with this code. */
export function isErrorWithCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
