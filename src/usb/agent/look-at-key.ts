/** One look at a key: who it is, what lies on it if that is not known, and whether it is there. */
import { isDeepStrictEqual } from "node:util";
import { type UsbConnection, UsbFault } from "../bus/bus.ts";
import { type KeyProof, type KeyReading, proveKey, readInfo, readKey } from "../protocol/exchange.ts";
import type { KeyInfo } from "../protocol/info.ts";
import { KeyFault } from "../protocol/key-fault.ts";
import type { KnownKey } from "./known-key.ts";
import type { ReaderContext } from "./reader-context.ts";

/** Whether a key is there. */
export type Presence =
  /** It is; `proof` is `undefined` when the product asks for none and it gives none. */
  { readonly atMs: number; readonly proof: KeyProof | undefined } | { readonly error: unknown };

/** What a look came to. */
export interface Look {
  /** `undefined`: the key is the one that is known, and nothing on it has changed. */
  readonly reading: KeyReading | undefined;
  readonly presence: Presence;
}

/**
 * Looks at a key.
 *
 * @param known what was read of this device before.
 * @throws KeyFault, UsbFault: it cannot be read. A proof that fails is no such error.
 */
export async function lookAtKey(
  connection: UsbConnection,
  known: KnownKey | undefined,
  context: ReaderContext,
): Promise<Look> {
  if (known !== undefined && (await isUnchanged(connection, known.info, context))) {
    return { reading: undefined, presence: await presenceOf(connection, known, context) };
  }
  const reading = await readFresh(connection, context);
  return { reading, presence: await presenceOf(connection, reading, context) };
}

async function isUnchanged(
  connection: UsbConnection,
  info: KeyInfo,
  { limits }: ReaderContext,
): Promise<boolean> {
  return isDeepStrictEqual(await readInfo(connection, limits), info);
}

/** A device that refuses what every key answers is none. */
async function readFresh(connection: UsbConnection, { limits }: ReaderContext): Promise<KeyReading> {
  try {
    return await readKey(connection, limits);
  } catch (cause) {
    if (!(cause instanceof UsbFault) || cause.kind !== "STALL") throw cause;
    throw new KeyFault("NOT_A_KEY", "it refuses to be read", { cause });
  }
}

async function presenceOf(
  connection: UsbConnection,
  key: Pick<KeyReading, "info" | "thumbprint">,
  context: ReaderContext,
): Promise<Presence> {
  try {
    const proof = await prove(connection, key, context);
    return { atMs: context.monotonicMs(), proof };
  } catch (error) {
    return { error };
  }
}

async function prove(
  connection: UsbConnection,
  { info, thumbprint }: Pick<KeyReading, "info" | "thumbprint">,
  context: ReaderContext,
): Promise<KeyProof | undefined> {
  const { platformThumbprint, nodeId, nonce, counters, keysWithoutProof, limits } = context;
  if (thumbprint === undefined) throw new KeyFault("NO_PROOF", "it declares no public key");
  try {
    // Counters are compared here: exchanges with two devices that claim to be one key run side by side.
    const request = { info, platformThumbprint, nodeId, nonce: nonce(), lastCounter: undefined };
    const proof = await proveKey(connection, request, limits);
    if (counters.take(thumbprint, proof.counter)) return proof;
  } catch (error) {
    const isWithoutProof = error instanceof KeyFault && error.kind === "NO_PROOF";
    if (isWithoutProof && keysWithoutProof) return undefined;
    throw error;
  }
  throw new KeyFault("PROOF_FAILED", "the counter of its proofs did not rise");
}
