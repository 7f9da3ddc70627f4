import type { UsbConnection } from "../../usb/bus/bus.ts";
import { DEFAULT_MODEL } from "../../usb/emulator/key-memory.ts";
import { readInfo } from "../../usb/protocol/exchange.ts";
import { isKeyId, isModel, type KeyInfo } from "../../usb/protocol/info.ts";
import { makeKey, type NewKey } from "../../usb/protocol/provision.ts";
import { createBlankKey, type PlaceOptions, withKey } from "../authority/key-place.ts";
import { proveOnce } from "../authority/prove-once.ts";
import { type PublicKeyDocument, publicKeyDocument } from "../authority/public-key-file.ts";
import { writeOutput } from "../authority/write-output.ts";
import { CliError, usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { type Screen, styled } from "../output/screen.ts";

/** Options of `licensectl authority usb-key provision`. */
export interface ProvisionOptions extends PlaceOptions {
  readonly create?: boolean;
  readonly keyId: string;
  readonly model?: string;
  readonly algorithm: keyof typeof ALGORITHMS;
  readonly out?: string;
}

/** Names of algorithms on the command line. */
export const ALGORITHMS = { ed25519: "Ed25519", p256: "ES256" } as const;

/** `licensectl authority usb-key provision`: has a blank key make its key pair, once in its life. */
export async function usbKeyProvision(context: CommandContext, options: ProvisionOptions): Promise<void> {
  const newKey = readNewKey(options);
  const { file } = options;
  if (options.create === true) {
    if (file === undefined)
      throw usageError("--create makes the file of an emulated key: name it by --file.");
    await createBlankKey(file);
  }
  const made = await withKey(
    options,
    async ({ connection, place }) => ({ document: await provision(connection, newKey), place }),
    ({ isSealed }) => !isSealed,
  );
  if (options.out !== undefined)
    await writeOutput("--out", options.out, `${JSON.stringify(made.document, null, 2)}\n`);
  const shown = { ...made, algorithm: newKey.algorithm, file: options.out };
  if (context.isJson) context.out.json({ ...made.document, ...shown, document: undefined });
  else writeMade(context.out, shown);
}

function readNewKey({ keyId, model = DEFAULT_MODEL, algorithm }: ProvisionOptions): NewKey {
  if (!isKeyId(keyId)) {
    throw usageError(
      `--key-id: "${keyId}" cannot be the id of a key.`,
      'Take 1 to 64 letters, digits, ".", "_" and "-", a letter or digit first.',
    );
  }
  if (!isModel(model)) throw usageError("--model: it must be at most 64 printable ASCII characters.");
  return { keyId, model, algorithm: ALGORITHMS[algorithm] };
}

async function provision(connection: UsbConnection, newKey: NewKey): Promise<PublicKeyDocument> {
  const before = await readInfo(connection);
  if (before.isSealed) throw sealed(before);
  await makeKey(connection, newKey);
  const info = await readInfo(connection);
  await proveOnce(connection, info);
  const document = publicKeyDocument(info);
  const isAsAsked = info.keyId === newKey.keyId && info.algorithm === newKey.algorithm;
  if (document !== undefined && isAsAsked) return document;
  throw new CliError("refused", "The key did not become what it was asked to be.", {
    reason: "NOT_A_KEY",
    remedy: "Use another key, and tell its maker.",
  });
}

function sealed({ keyId }: KeyInfo): CliError {
  return new CliError("refused", `The key ${keyId} has its key pair already.`, {
    reason: "SEALED",
    meaning: "A key makes one key pair in its life; nothing was changed.",
    remedy: "Take a blank key. What this one is, licensectl authority usb-key show tells.",
  });
}

/** What was made, where, and where its public half was written. */
interface MadeKey {
  readonly document: PublicKeyDocument;
  readonly place: string;
  readonly algorithm: string;
  readonly file: string | undefined;
}

function writeMade(out: Screen, { document, place, algorithm, file }: MadeKey): void {
  out.line`Made the key pair of the USB key ${styled("bold", document.keyId)} (${algorithm}) in ${place}.`;
  out.fields(
    [
      ["model", document.model || undefined],
      ["thumbprint", document.thumbprint],
      ["public key", JSON.stringify(document.jwk)],
      ["written to", file],
    ],
    "  ",
  );
  out.line`${file === undefined ? "Its id and public key as a file: authority usb-key show --out." : `Issue its licenses with authority issue --usb-key ${file}.`}`;
}
