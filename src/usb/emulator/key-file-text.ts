/** The text of a key file: JSON, numbers above 2^53 as decimal texts, bytes in base64. */
import { z } from "zod";
import { isKeyId, isModel, KEY_ALGORITHMS } from "../protocol/info.ts";
import { publicJwkOfBytes } from "../protocol/public-key.ts";
import { MAX_BLOB_BYTES } from "../protocol/requests.ts";
import { MARK_SLOTS } from "./key-firmware.ts";
import { type KeyMemory, publicBytesOf } from "./key-memory.ts";

const FORMAT = "license-service usb key 1";

const uint64 = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,19})$/)
  .transform(BigInt)
  .refine((value) => value < 2n ** 64n);

const base64 = z.base64().transform((text) => new Uint8Array(Buffer.from(text, "base64")));

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const privateJwk = z.discriminatedUnion("kty", [
  z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: coordinate, d: coordinate }),
  z.strictObject({
    kty: z.literal("EC"),
    crv: z.literal("P-256"),
    x: coordinate,
    y: coordinate,
    d: coordinate,
  }),
]);

const keyFile = z
  .strictObject({
    format: z.literal(FORMAT),
    keyId: z.string().refine((text) => text === "" || isKeyId(text)),
    model: z.string().refine(isModel),
    algorithm: z.enum(KEY_ALGORITHMS),
    privateKey: privateJwk.optional(),
    publicKey: base64.refine((bytes) => bytes.length === 0 || publicJwkOfBytes(bytes) !== undefined),
    keepsMarks: z.boolean(),
    /** No proof has a higher one yet; it is written ahead. */
    counter: uint64,
    marks: z
      .array(z.strictObject({ platform: z.string().regex(/^[0-9a-f]{64}$/), mark: uint64 }))
      .max(MARK_SLOTS),
    blob: base64.refine((bytes) => bytes.length <= MAX_BLOB_BYTES),
    blobGeneration: z.uint32(),
  })
  .refine(isWhole);

type KeyFile = z.infer<typeof keyFile>;

const CURVES = { none: undefined, Ed25519: "Ed25519", ES256: "P-256" } as const;

type KeyPairParts = {
  readonly [Name in "algorithm" | "publicKey" | "keyId"]: KeyMemory[Name];
} & { readonly privateKey?: KeyMemory["privateKey"] };

/** The parts say the same of the key pair. */
function isWhole({ algorithm, privateKey, publicKey, keyId }: KeyPairParts): boolean {
  if (keyId === "" && (privateKey !== undefined || publicKey.length > 0)) return false;
  if (privateKey?.crv !== CURVES[algorithm]) return false;
  return privateKey === undefined || Buffer.compare(publicBytesOf(privateKey), publicKey) === 0;
}

/** The text of a key's file. */
export function keyFileText(memory: KeyMemory): string {
  const { counter, marks, blob, publicKey, ...rest } = memory;
  const file = {
    format: FORMAT,
    ...rest,
    publicKey: toBase64(publicKey),
    counter: String(counter),
    marks: marks.map(({ platform, mark }) => ({ platform, mark: String(mark) })),
    blob: toBase64(blob),
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/**
 * Reads the text of a key's file.
 *
 * @throws Error "it is no key file", with the first member that is wrong.
 */
export function parseKeyFile(text: string): KeyMemory {
  const { format: _format, privateKey, ...memory } = parse(text);
  return { ...memory, privateKey };
}

function parse(text: string): KeyFile {
  try {
    return keyFile.parse(JSON.parse(text));
  } catch (cause) {
    const path = cause instanceof z.ZodError ? cause.issues[0]?.path.join(".") : undefined;
    throw new Error(path ? `it is no key file: its member ${path} is wrong` : "it is no key file", { cause });
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
