/** The vendor's side: keys that sign licenses. Nothing here runs on a customer's platform but the test vendor. */
import { randomUUID } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { CryptoKey } from "jose";
import type { Instant } from "../domain/license.ts";
import { syncDirectory, writeFileDurably } from "../platform/durable-file.ts";
import { AuthorityError } from "./authority-error.ts";
import { createPrivateKeyFile, isErrorWithCode, readPrivateKeyFile } from "./private-key-file.ts";
import {
  type AnchorFile,
  anchorsOf,
  keyIdSchema,
  parseAnchorFile,
  TEST_KEY_ID_PREFIX,
} from "./trust-anchor.ts";

/** A vendor who can sign. */
export interface Authority {
  readonly issuer: string;
  readonly keyId: string;
  readonly privateKey: CryptoKey;
  /** Public half: member `x` of its JWK. */
  readonly publicKeyX: string;
  /** First issue instant that the key may sign. */
  readonly notBefore: Instant;
  /** First issue instant that it may no longer sign; `undefined`: no end. */
  readonly notAfter: Instant | undefined;
}

/** How to set up a vendor. */
export interface AuthorityOptions {
  /** Directory of the vendor's private key; made with mode 0700. Keep it off every customer's machine. */
  readonly directory: string;
  /** Name of the vendor, claim `iss`. */
  readonly issuer: string;
  /** Name of the key. Default: "vendor-" (test vendors: "test-") and 8 random hex digits. */
  readonly keyId?: string | undefined;
  /** Directory of the vendor's build to which the public anchor goes as `<key id>.json`. Default: none. */
  readonly trustDirectory?: string | undefined;
  /** Makes a test vendor: its licenses count in development mode only. Default: false. */
  readonly isTest?: boolean | undefined;
  /** First issue instant that the key may sign, rounded down to a second. */
  readonly notBefore: Instant;
  /** First issue instant that it may no longer sign. Default: no end. */
  readonly notAfter?: Instant | undefined;
}

const PRIVATE_KEY_FILE = "private-key.pem";
const ANCHOR_FILE = "anchor.json";

/**
 * Makes a vendor's key pair: `private-key.pem` (PKCS #8, 0600) and the public `anchor.json` in the directory,
 * which is new or empty, and the anchor in the trust directory. The directory comes into being whole.
 *
 * @throws AuthorityError: there is one already, a name is not allowed, a directory cannot be written.
 */
export async function initAuthority(options: AuthorityOptions): Promise<Authority> {
  const keyId = checkKeyId(options);
  const directory = resolve(options.directory);
  const temporary = join(dirname(directory), `.${basename(directory)}.${randomUUID()}.new`);
  try {
    // Everything that can be wrong with the names is found before there is a key.
    parseAnchorFile(JSON.stringify(anchorFileOf(options, keyId, "")));
    const publicPath = await choosePublicPath(options, keyId);
    await mkdir(dirname(directory), { recursive: true });
    const anchorText = await writeAuthority(temporary, options, keyId);
    await rename(temporary, directory);
    await syncDirectory(dirname(directory));
    if (publicPath !== undefined) await writeFileDurably(publicPath, anchorText, 0o644);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    if (isErrorWithCode(cause, "EEXIST") || isErrorWithCode(cause, "ENOTEMPTY")) {
      throw new AuthorityError(
        `${directory} is there already and not empty; a vendor's key is never replaced.`,
        { cause },
      );
    }
    throw AuthorityError.of(`The vendor's key cannot be made in ${directory}`, cause);
  }
  return openAuthority(directory);
}

async function choosePublicPath(options: AuthorityOptions, keyId: string): Promise<string | undefined> {
  if (options.trustDirectory === undefined) return undefined;
  await mkdir(options.trustDirectory, { recursive: true });
  const path = join(options.trustDirectory, `${keyId}.json`);
  if (await isThere(path)) throw new Error(`${path} is there already; choose another key id`);
  return path;
}

async function writeAuthority(directory: string, options: AuthorityOptions, keyId: string): Promise<string> {
  await mkdir(directory, { mode: 0o700 });
  const pair = await createPrivateKeyFile(join(directory, PRIVATE_KEY_FILE));
  const text = `${JSON.stringify(anchorFileOf(options, keyId, pair.publicKeyX), null, 2)}\n`;
  await writeFileDurably(join(directory, ANCHOR_FILE), text, 0o644);
  return text;
}

/** Whether a directory is a vendor's. */
export function hasAuthority(directory: string): Promise<boolean> {
  return isThere(join(directory, PRIVATE_KEY_FILE));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function checkKeyId(options: AuthorityOptions): string {
  const prefix = options.isTest ? TEST_KEY_ID_PREFIX : "vendor-";
  const keyId = options.keyId ?? `${prefix}${randomUUID().slice(0, 8)}`;
  if (!keyIdSchema.safeParse(keyId).success) {
    throw new AuthorityError("A key id has 1 to 64 letters, digits, dots, hyphens or underscores.");
  }
  if (keyId.startsWith(TEST_KEY_ID_PREFIX) !== (options.isTest ?? false)) {
    throw new AuthorityError(
      `Key ids that begin with "${TEST_KEY_ID_PREFIX}" are those of test vendors, and only those.`,
    );
  }
  return keyId;
}

function anchorFileOf(options: AuthorityOptions, keyId: string, x: string): AnchorFile {
  const validity = {
    not_before: instantText(options.notBefore),
    ...(options.notAfter === undefined ? {} : { not_after: instantText(options.notAfter) }),
  };
  const key = { kid: keyId, kty: "OKP", crv: "Ed25519", x, purpose: "license", ...validity } as const;
  return { issuer: options.issuer, keys: [key] };
}

function instantText(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/**
 * Opens a vendor's directory.
 *
 * @throws AuthorityError: there is none, its files are damaged, readable by others, or do not belong together.
 */
export async function openAuthority(directory: string): Promise<Authority> {
  try {
    const pair = await readPrivateKeyFile(join(directory, PRIVATE_KEY_FILE));
    if (pair === undefined)
      throw new Error("there is no vendor key; make one with licensectl authority init");
    const file = parseAnchorFile(await readFile(join(directory, ANCHOR_FILE), "utf8"));
    const index = file.keys.findIndex((key) => key.x === pair.publicKeyX);
    const anchor = (await anchorsOf(file))[index];
    if (anchor === undefined)
      throw new Error(`${ANCHOR_FILE} does not hold the public half of ${PRIVATE_KEY_FILE}`);
    const { issuer, keyId, notBefore, notAfter } = anchor;
    return { ...pair, issuer, keyId, notBefore, notAfter };
  } catch (cause) {
    throw AuthorityError.of(`The vendor's directory ${directory} cannot be used`, cause);
  }
}
