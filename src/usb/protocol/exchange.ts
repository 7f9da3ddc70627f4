/** Reads a key and lets it prove that it is there: the two exchanges of every day. */
import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { jwkThumbprint, type PublicJwk } from "../../license-file/jwk-thumbprint.ts";
import { type UsbConnection, UsbFault } from "../bus/bus.ts";
import { readBlob } from "./blob.ts";
import {
  type Challenge,
  challengeOf,
  encodeChallenge,
  isProofValid,
  parseProof,
  rawThumbprint,
  type SignedProof,
  uint64,
} from "./challenge.ts";
import { type KeyInfo, parseInfo } from "./info.ts";
import { KeyFault } from "./key-fault.ts";
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits } from "./limits.ts";
import { publicJwkOfBytes } from "./public-key.ts";
import { MAX_INFO_BYTES, NONCE_BYTES, PROOF_BYTES, REQUEST } from "./requests.ts";
import { beginTransfers, type Transfers } from "./transfers.ts";

/** A key as it was read; nothing in it is proven or verified yet. */
export interface KeyReading {
  readonly info: KeyInfo;
  /** `undefined`: it declares none. */
  readonly publicKey: PublicJwk | undefined;
  /** RFC 7638 thumbprint of {@link publicKey}; `undefined`: it declares none. */
  readonly thumbprint: string | undefined;
  /** A license file or a package; empty: nothing lies on it. */
  readonly blob: Uint8Array;
}

/** What a key is to prove, and to whom. */
export interface ProofRequest {
  /** As read from this key; its public key checks the proof. */
  readonly info: KeyInfo;
  /** RFC 7638 thumbprint of the platform key, base64url. */
  readonly platformThumbprint: string;
  /** UUID of the node. */
  readonly nodeId: string;
  /** 32 bytes that were never used before. Default: random. */
  readonly nonce?: Uint8Array;
  /** Counter of the last proof of this key; `undefined`: none is known. */
  readonly lastCounter: bigint | undefined;
}

/** A proof that held. */
export interface KeyProof {
  readonly counter: bigint;
  /** Mark of this platform, 0: none was set; `undefined`: it keeps no marks. */
  readonly mark: number | undefined;
}

/** How often a key is read before it counts as one that is never the same. */
const READ_ATTEMPTS = 2;

/**
 * Asks a key who it is.
 *
 * @throws KeyFault NOT_A_KEY; UsbFault
 */
export async function readInfo(
  connection: UsbConnection,
  limits: ExchangeLimits = DEFAULT_EXCHANGE_LIMITS,
): Promise<KeyInfo> {
  return askInfo(beginTransfers(connection, limits, limits.exchangeMs));
}

/**
 * Reads a key and what lies on it. A key that is rewritten, or gives way to another, while it is read, is read
 * once more.
 *
 * @throws KeyFault NOT_A_KEY, also for a blank key and for one that is never the same twice; UsbFault
 */
export async function readKey(
  connection: UsbConnection,
  limits: ExchangeLimits = DEFAULT_EXCHANGE_LIMITS,
): Promise<KeyReading> {
  const transfers = beginTransfers(connection, limits, limits.blobMs);
  let info = await askInfo(transfers);
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const publicKey = soundKeyOf(info);
    const blob = await readBlob(transfers, info.blobLength).catch(explicable);
    const after = await askInfo(transfers);
    if (isDeepStrictEqual(info, after)) {
      if (blob instanceof Error) throw blob;
      return { info, ...publicKey, blob };
    }
    info = after;
  }
  throw new KeyFault("NOT_A_KEY", "it changes while it is read");
}

/**
 * Lets a key prove that it holds its private key, now.
 *
 * @throws KeyFault NO_PROOF: it signs nothing. PROOF_FAILED: wrong signature, a counter that did not rise, a
 *   mark out of range. NOT_A_KEY: no proof at all. UsbFault
 */
export async function proveKey(
  connection: UsbConnection,
  request: ProofRequest,
  limits: ExchangeLimits = DEFAULT_EXCHANGE_LIMITS,
): Promise<KeyProof> {
  const { info, lastCounter, nonce = randomBytes(NONCE_BYTES) } = request;
  const { publicKey } = soundKeyOf(info);
  if (info.algorithm === "none" || publicKey === undefined)
    throw new KeyFault("NO_PROOF", "it signs nothing");
  const challenge = challengeOf(request.platformThumbprint, request.nodeId, nonce);
  const proof = await askProof(beginTransfers(connection, limits, limits.exchangeMs), challenge);
  if (!isProofValid(publicKey, info.keyId, challenge, proof)) {
    throw new KeyFault("PROOF_FAILED", "its proof is not signed with the private key of its public key");
  }
  if (lastCounter !== undefined && proof.counter <= lastCounter) {
    throw new KeyFault("PROOF_FAILED", "the counter of its proofs did not rise");
  }
  // INFO is not signed, the mark is: whoever hides the flag on the way hides no mark.
  const keepsMarks = info.keepsMarks || proof.mark > 0n;
  return { counter: proof.counter, mark: keepsMarks ? markOf(proof) : undefined };
}

/**
 * Raises the mark of a platform on a key.
 *
 * @param mark a whole number above the one that is kept.
 * @throws UsbFault, with STALL when the key keeps a higher one already, or has no room.
 */
export async function raiseMark(
  connection: UsbConnection,
  { platformThumbprint, mark }: { readonly platformThumbprint: string; readonly mark: number },
  limits: ExchangeLimits = DEFAULT_EXCHANGE_LIMITS,
): Promise<void> {
  const data = Buffer.concat([rawThumbprint(platformThumbprint), uint64(BigInt(mark))]);
  await beginTransfers(connection, limits, limits.exchangeMs).write(REQUEST.raiseMark, 0, data);
}

/** A refused or a short chunk is what a blob gives that was replaced by a shorter one meanwhile. */
function explicable(error: unknown): Error {
  const isAnswer = error instanceof KeyFault || (error instanceof UsbFault && error.kind === "STALL");
  if (isAnswer) return error;
  throw error;
}

async function askInfo(transfers: Transfers): Promise<KeyInfo> {
  return parseInfo(await transfers.read(REQUEST.info, 0, MAX_INFO_BYTES));
}

function soundKeyOf({ keyId, publicKey: bytes }: KeyInfo): Pick<KeyReading, "publicKey" | "thumbprint"> {
  if (keyId === "") throw new KeyFault("NOT_A_KEY", "it is blank: no key pair was made in it yet");
  if (bytes.length === 0) return { publicKey: undefined, thumbprint: undefined };
  const publicKey = publicJwkOfBytes(bytes);
  if (publicKey === undefined) throw new KeyFault("NOT_A_KEY", "its public key is none to rely on");
  return { publicKey, thumbprint: jwkThumbprint(publicKey) };
}

async function askProof(transfers: Transfers, challenge: Challenge): Promise<SignedProof> {
  await transfers.write(REQUEST.challenge, 0, encodeChallenge(challenge)).catch((cause: unknown) => {
    if (!(cause instanceof UsbFault) || cause.kind !== "STALL") throw cause;
    throw new KeyFault("NO_PROOF", "it takes no challenge", { cause });
  });
  const proof = parseProof(await transfers.read(REQUEST.proof, 0, PROOF_BYTES));
  if (proof === undefined) throw new KeyFault("NOT_A_KEY", `its proof is not of ${PROOF_BYTES} bytes`);
  return proof;
}

function markOf({ mark }: SignedProof): number {
  if (mark <= Number.MAX_SAFE_INTEGER) return Number(mark);
  throw new KeyFault("PROOF_FAILED", "its mark is above 2^53 - 1");
}
