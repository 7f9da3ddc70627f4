/** What a key keeps while it has no power. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey } from "node:crypto";
import type { PublicJwk } from "../../license-file/jwk-thumbprint.ts";
import type { KeyAlgorithm } from "../protocol/info.ts";
import { bytesOfPublicJwk } from "../protocol/public-key.ts";

/** The mark of one platform on a key. */
export interface KeptMark {
  /** SHA-256 thumbprint of the platform key in lower-case hexadecimal. */
  readonly platform: string;
  readonly mark: bigint;
}

/** What a key keeps while it has no power. */
export interface KeyMemory {
  /** Empty: the key is blank. */
  readonly keyId: string;
  readonly model: string;
  readonly algorithm: KeyAlgorithm;
  /** `undefined` exactly when the algorithm is "none". */
  readonly privateKey: JsonWebKey | undefined;
  /** Of the key pair; without one, what the key merely declares. Empty: nothing. */
  readonly publicKey: Uint8Array;
  readonly keepsMarks: boolean;
  /** Of the last proof. */
  readonly counter: bigint;
  /** In the order in which they were set first. */
  readonly marks: readonly KeptMark[];
  readonly blob: Uint8Array;
  readonly blobGeneration: number;
}

/** Algorithms of which a key makes key pairs. */
export type PairAlgorithm = Exclude<KeyAlgorithm, "none">;

/** Who a key is. */
export interface KeyIdentity {
  readonly keyId: string;
  /** Default: "Emulated key". */
  readonly model?: string;
  /** Default: "Ed25519". */
  readonly algorithm?: PairAlgorithm;
}

/** Model of emulated keys that are given none. */
export const DEFAULT_MODEL = "Emulated key";

/** A key as it leaves the factory: no key pair, no id, nothing on it. */
export const BLANK_MEMORY: KeyMemory = {
  keyId: "",
  model: "",
  algorithm: "none",
  privateKey: undefined,
  publicKey: new Uint8Array(),
  keepsMarks: true,
  counter: 0n,
  marks: [],
  blob: new Uint8Array(),
  blobGeneration: 0,
};

/** A key with a fresh key pair and nothing on it. */
export function newKeyMemory({
  keyId,
  model = DEFAULT_MODEL,
  algorithm = "Ed25519",
}: KeyIdentity): KeyMemory {
  const pair = newPrivateJwk(algorithm);
  return { ...BLANK_MEMORY, keyId, model, algorithm, privateKey: pair, publicKey: publicBytesOf(pair) };
}

function newPrivateJwk(algorithm: PairAlgorithm): JsonWebKey {
  const { privateKey } =
    algorithm === "ES256"
      ? generateKeyPairSync("ec", { namedCurve: "P-256" })
      : generateKeyPairSync("ed25519");
  return privateKey.export({ format: "jwk" });
}

/**
 * The public key of a private one, as INFO says it.
 *
 * @throws Error: it is no private key of Ed25519 or P-256.
 */
export function publicBytesOf(privateKey: JsonWebKey): Uint8Array {
  const key = createPublicKey(createPrivateKey({ key: privateKey, format: "jwk" }));
  const jwk = key.export({ format: "jwk" });
  if (jwk.crv !== "Ed25519" && jwk.crv !== "P-256") throw new Error("the curve is not Ed25519 or P-256");
  return bytesOfPublicJwk(jwk as PublicJwk);
}

/** The mark of a platform; 0: none is kept. */
export function markOn({ marks }: KeyMemory, platform: Uint8Array): bigint {
  const name = Buffer.from(platform).toString("hex");
  return marks.find((kept) => kept.platform === name)?.mark ?? 0n;
}
