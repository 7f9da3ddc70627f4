/** The answer to INFO: who a key is and what it holds. Numbers are little-endian. */
import { KeyFault } from "./key-fault.ts";
import { MAX_INFO_BYTES } from "./requests.ts";

/** How a key signs its proofs; its place in the list is its number. */
export const KEY_ALGORITHMS = ["none", "Ed25519", "ES256"] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** Bytes of the public key by algorithm: Ed25519 as RFC 8032 writes it, P-256 as x and y. */
export const PUBLIC_KEY_BYTES = { Ed25519: 32, ES256: 64 } as const;

/** What a key says of itself. */
export interface KeyInfo {
  /** "none": it signs nothing. */
  readonly algorithm: KeyAlgorithm;
  /** It keeps a mark for each of its platforms (threat 18). */
  readonly keepsMarks: boolean;
  /** Its key pair is made: it makes no other one. */
  readonly isSealed: boolean;
  readonly blobLength: number;
  /** Another one after each write of the blob. */
  readonly blobGeneration: number;
  /** Empty: the key is blank, nobody has made its key pair yet. */
  readonly keyId: string;
  /** For people; may be empty. */
  readonly model: string;
  /** Empty: it declares none. */
  readonly publicKey: Uint8Array;
}

const MAGIC = "LKEY";
const VERSION = 1;
const FIXED_BYTES = 16;
const KEEPS_MARKS = 1;
const SEALED = 2;

/** The form in which licenses name a key. */
const KEY_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MODEL = /^[\x20-\x7e]{0,64}$/;

/** Whether a text can be the id of a key: 1 to 64 letters, digits, ".", "_" and "-", the first a letter or digit. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** Whether a text can be the model of a key: up to 64 printable ASCII characters. */
export function isModel(text: string): boolean {
  return MODEL.test(text);
}

/**
 * Reads an answer to INFO.
 *
 * @throws KeyFault NOT_A_KEY, whatever the bytes.
 */
export function parseInfo(answer: Uint8Array): KeyInfo {
  if (answer.length > MAX_INFO_BYTES) throw refuse(`is longer than ${MAX_INFO_BYTES} bytes`);
  const bytes = Buffer.from(answer);
  if (bytes.length < FIXED_BYTES) throw refuse("is too short");
  if (bytes.toString("latin1", 0, 4) !== MAGIC) throw refuse("does not begin with LKEY");
  if (bytes[4] !== VERSION) throw refuse(`is of another version of the protocol than ${VERSION}`);
  const algorithm = KEY_ALGORITHMS[bytes.readUInt8(5)];
  if (algorithm === undefined) throw refuse("names an unknown algorithm");
  const flags = bytes.readUInt16LE(6);
  if ((flags & ~(KEEPS_MARKS | SEALED)) !== 0) throw refuse("sets flags that are reserved");
  const [keyId, model, publicKey] = parseTail(bytes.subarray(FIXED_BYTES));
  const info: KeyInfo = {
    algorithm,
    keepsMarks: (flags & KEEPS_MARKS) !== 0,
    isSealed: (flags & SEALED) !== 0,
    blobLength: bytes.readUInt32LE(8),
    blobGeneration: bytes.readUInt32LE(12),
    keyId: keyId.toString("latin1"),
    model: model.toString("latin1"),
    publicKey: new Uint8Array(publicKey),
  };
  checkInfo(info);
  return info;
}

/**
 * Writes an answer to INFO.
 *
 * @throws KeyFault NOT_A_KEY: {@link parseInfo} would refuse it.
 */
export function encodeInfo(info: KeyInfo): Uint8Array {
  checkInfo(info);
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.write(MAGIC, "latin1");
  fixed.writeUInt8(VERSION, 4);
  fixed.writeUInt8(KEY_ALGORITHMS.indexOf(info.algorithm), 5);
  fixed.writeUInt16LE((info.keepsMarks ? KEEPS_MARKS : 0) | (info.isSealed ? SEALED : 0), 6);
  fixed.writeUInt32LE(info.blobLength, 8);
  fixed.writeUInt32LE(info.blobGeneration, 12);
  const fields = [Buffer.from(info.keyId, "latin1"), Buffer.from(info.model, "latin1"), info.publicKey];
  return new Uint8Array(
    Buffer.concat([fixed, ...fields.flatMap((field) => [Buffer.of(field.length), field])]),
  );
}

/** The three fields that say their own length. */
function parseTail(tail: Buffer): readonly [Buffer, Buffer, Buffer] {
  const [keyId, afterKeyId] = takeField(tail);
  const [model, afterModel] = takeField(afterKeyId);
  const [publicKey, rest] = takeField(afterModel);
  if (rest.length > 0) throw refuse("goes on after its last field");
  return [keyId, model, publicKey];
}

function takeField(bytes: Buffer): readonly [field: Buffer, rest: Buffer] {
  const length = bytes[0];
  if (length === undefined || bytes.length < 1 + length) throw refuse("ends within a field");
  return [bytes.subarray(1, 1 + length), bytes.subarray(1 + length)];
}

function checkInfo({ algorithm, isSealed, keyId, model, publicKey }: KeyInfo): void {
  if (keyId === "" ? isSealed || publicKey.length > 0 : !isKeyId(keyId)) {
    throw refuse("holds no proper key id");
  }
  if (!isModel(model)) throw refuse("holds no proper model");
  if (isSealed !== (algorithm !== "none")) throw refuse("is sealed without a key pair, or the other way");
  if (!allowedKeyBytes(algorithm).includes(publicKey.length)) {
    throw refuse("holds a public key of a wrong length");
  }
}

/** A key that signs nothing may declare a public key all the same; its length tells of which kind. */
function allowedKeyBytes(algorithm: KeyAlgorithm): readonly number[] {
  return algorithm === "none" ? [0, ...Object.values(PUBLIC_KEY_BYTES)] : [PUBLIC_KEY_BYTES[algorithm]];
}

function refuse(what: string): KeyFault {
  return new KeyFault("NOT_A_KEY", `its answer to INFO ${what}`);
}
