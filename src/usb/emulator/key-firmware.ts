/** The key protocol as a key speaks it: vendor requests to its memory. */
import { createHash, createPrivateKey, type JsonWebKey, sign } from "node:crypto";
import { type Challenge, encodeProof, parseChallenge, proofMessage } from "../protocol/challenge.ts";
import { encodeInfo, isKeyId, isModel, KEY_ALGORITHMS } from "../protocol/info.ts";
import { CHUNK_BYTES, HASH_BYTES, MAX_BLOB_BYTES, MIN_MARK_SLOTS, REQUEST } from "../protocol/requests.ts";
import type { Setup, SetupReply } from "./emulated-device.ts";
import { type KeyMemory, markOn, newKeyMemory } from "./key-memory.ts";

/** Marks that an emulated key has room for. */
export const MARK_SLOTS = MIN_MARK_SLOTS;

const MARK_BYTES = HASH_BYTES + 8;
const COMMIT_BYTES = 4 + HASH_BYTES;

/** Keeps what a key must remember. Called before the answer that depends on it goes out. */
export type KeepMemory = (memory: KeyMemory) => void;

/** The program inside a key. */
export class KeyFirmware {
  readonly #keep: KeepMemory;
  #memory: KeyMemory;
  #challenge: Challenge | undefined;
  #staged: Buffer | undefined;

  constructor(memory: KeyMemory, keep: KeepMemory) {
    this.#memory = memory;
    this.#keep = keep;
  }

  /** What the key remembers now. */
  get memory(): KeyMemory {
    return this.#memory;
  }

  /** Answers a request that reads. */
  read({ request, value }: Setup): SetupReply {
    if (request === REQUEST.info) return this.#info();
    if (request === REQUEST.blob) return this.#chunk(value);
    return request === REQUEST.proof ? this.#prove() : "stall";
  }

  /** Answers a request that writes. */
  write({ request, value }: Setup, data: Uint8Array): SetupReply {
    return this.#accept(request, value, data) ? "accepted" : "stall";
  }

  #accept(request: number, value: number, data: Uint8Array): boolean {
    switch (request) {
      case REQUEST.challenge:
        return this.#takeChallenge(data);
      case REQUEST.raiseMark:
        return this.#raiseMark(data);
      case REQUEST.makeKey:
        return this.#makeKey(data);
      case REQUEST.writeBlob:
        return this.#stage(value, data);
      case REQUEST.commitBlob:
        return this.#commit(data);
      default:
        return false;
    }
  }

  #info(): Uint8Array {
    const { algorithm, blob, ...memory } = this.#memory;
    return encodeInfo({ ...memory, algorithm, isSealed: algorithm !== "none", blobLength: blob.length });
  }

  #chunk(number: number): SetupReply {
    const offset = number * CHUNK_BYTES;
    const { blob } = this.#memory;
    return offset < blob.length ? blob.slice(offset, offset + CHUNK_BYTES) : "stall";
  }

  #takeChallenge(data: Uint8Array): boolean {
    this.#challenge = this.#memory.privateKey === undefined ? undefined : parseChallenge(data);
    return this.#challenge !== undefined;
  }

  #prove(): SetupReply {
    const challenge = this.#challenge;
    const { keyId, privateKey, counter: last } = this.#memory;
    this.#challenge = undefined;
    if (challenge === undefined || privateKey === undefined) return "stall";
    const counter = last + 1n;
    this.#remember({ counter });
    const mark = markOn(this.#memory, challenge.platform);
    const signature = signWith(privateKey, proofMessage(keyId, challenge, { counter, mark }));
    return encodeProof({ counter, mark, signature });
  }

  #raiseMark(data: Uint8Array): boolean {
    if (!this.#memory.keepsMarks || data.length !== MARK_BYTES) return false;
    const platform = Buffer.from(data.subarray(0, HASH_BYTES));
    const mark = Buffer.from(data).readBigUInt64LE(HASH_BYTES);
    if (mark <= markOn(this.#memory, platform)) return false;
    const others = this.#memory.marks.filter((kept) => kept.platform !== platform.toString("hex"));
    if (others.length >= MARK_SLOTS) return false;
    this.#remember({ marks: [...others, { platform: platform.toString("hex"), mark }] });
    return true;
  }

  #makeKey(data: Uint8Array): boolean {
    const { privateKey, keepsMarks } = this.#memory;
    const identity = parseIdentity(Buffer.from(data));
    if (privateKey !== undefined || identity === undefined) return false;
    const { blob, blobGeneration } = this.#memory;
    this.#remember({ ...newKeyMemory(identity), keepsMarks, blob, blobGeneration });
    return true;
  }

  #stage(chunk: number, data: Uint8Array): boolean {
    if (chunk >= MAX_BLOB_BYTES / CHUNK_BYTES || data.length > CHUNK_BYTES) return false;
    this.#staged ??= Buffer.alloc(MAX_BLOB_BYTES);
    this.#staged.set(data, chunk * CHUNK_BYTES);
    return true;
  }

  #commit(data: Uint8Array): boolean {
    const staged = this.#staged ?? Buffer.alloc(0);
    if (data.length !== COMMIT_BYTES) return false;
    const length = Buffer.from(data).readUInt32LE(0);
    if (length > staged.length) return false;
    const blob = new Uint8Array(staged.subarray(0, length));
    if (!createHash("sha256").update(blob).digest().equals(data.subarray(4))) return false;
    this.#staged = undefined;
    this.#remember({ blob, blobGeneration: (this.#memory.blobGeneration + 1) % 2 ** 32 });
    return true;
  }

  #remember(change: Partial<KeyMemory>): void {
    const memory = { ...this.#memory, ...change };
    this.#keep(memory);
    this.#memory = memory;
  }
}

/** The data of a MAKE_KEY; `undefined`: it is of another form. */
function parseIdentity(data: Buffer): Parameters<typeof newKeyMemory>[0] | undefined {
  const algorithm = KEY_ALGORITHMS[data[0] ?? 0];
  const keyIdEnd = 2 + (data[1] ?? 0);
  const modelEnd = keyIdEnd + 1 + (data[keyIdEnd] ?? 0);
  const keyId = data.toString("latin1", 2, keyIdEnd);
  const model = data.toString("latin1", keyIdEnd + 1, modelEnd);
  const isWhole = keyIdEnd < data.length && modelEnd === data.length;
  if (algorithm === undefined || algorithm === "none" || !isWhole) return undefined;
  return isKeyId(keyId) && isModel(model) ? { algorithm, keyId, model } : undefined;
}

function signWith(privateKey: JsonWebKey, message: Uint8Array): Uint8Array {
  const key = createPrivateKey({ key: privateKey, format: "jwk" });
  return new Uint8Array(
    privateKey.crv === "P-256"
      ? sign("sha256", message, { key, dsaEncoding: "ieee-p1363" })
      : sign(null, message, key),
  );
}
