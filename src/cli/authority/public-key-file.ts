/** The public half of a USB key, as it goes from `authority usb-key provision` to `authority issue`. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { confirmation } from "../../license-file/claim-values.ts";
import { jwkThumbprint, type PublicJwk } from "../../license-file/jwk-thumbprint.ts";
import { isKeyId, type KeyInfo } from "../../usb/protocol/info.ts";
import { publicJwkOfBytes } from "../../usb/protocol/public-key.ts";
import { type CliError, usageError } from "../cli-error.ts";

/** What everybody may know of a key. */
export interface PublicKeyDocument {
  readonly keyId: string;
  readonly model: string;
  /** RFC 7638 thumbprint of {@link jwk}. */
  readonly thumbprint: string;
  readonly jwk: PublicJwk;
}

/** The document of a key; `undefined`: it declares no sound public key. */
export function publicKeyDocument({ keyId, model, publicKey }: KeyInfo): PublicKeyDocument | undefined {
  const jwk = publicJwkOfBytes(publicKey);
  return jwk && { keyId, model, thumbprint: jwkThumbprint(jwk), jwk };
}

/** Other members are ignored: the thumbprint is worked out from the key. */
const documentSchema = z.object({ keyId: z.string().refine(isKeyId), ...confirmation.shape });

/** Reads the key id and the public key of a document. @throws CliError of kind usage. */
export async function readPublicKeyFile(
  option: string,
  path: string,
): Promise<Pick<PublicKeyDocument, "keyId" | "jwk">> {
  const parsed = documentSchema.safeParse(await readJson(option, path));
  if (parsed.success) return parsed.data;
  throw wrongFile(option, `${path} names no key id and public key`);
}

async function readJson(option: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw wrongFile(option, `${path} cannot be read as JSON: ${problem}`);
  }
}

function wrongFile(option: string, problem: string): CliError {
  return usageError(
    `${option}: ${problem}.`,
    "Give the file that licensectl authority usb-key provision --out has written; show --out writes it again.",
  );
}
