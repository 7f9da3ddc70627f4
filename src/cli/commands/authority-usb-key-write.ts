import { type InspectedFile, inspectPackage } from "../../license-file/inspect-package.ts";
import { readInfo } from "../../usb/protocol/exchange.ts";
import { writeBlob } from "../../usb/protocol/provision.ts";
import { MAX_BLOB_BYTES } from "../../usb/protocol/requests.ts";
import { bindingFault } from "../authority/key-binding.ts";
import { type OpenKey, type PlaceOptions, withKey } from "../authority/key-place.ts";
import { type PublicKeyDocument, publicKeyDocument } from "../authority/public-key-file.ts";
import { CliError, type RefusalLine, usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { readInput } from "../input.ts";
import { styled } from "../output/screen.ts";
import { counted } from "../render/terms.ts";

/** Options of `licensectl authority usb-key write`. */
export interface WriteOptions extends PlaceOptions {
  readonly package?: string;
  readonly license?: string;
  readonly force?: boolean;
}

/** `licensectl authority usb-key write`: puts licenses onto a key in place of what lies there, and reads them back. */
export async function usbKeyWrite(
  { host, out, isJson }: CommandContext,
  options: WriteOptions,
): Promise<void> {
  const path = options.package ?? options.license;
  if (path === undefined) throw usageError("Name what is to be written by --package or --license.");
  const bytes = await readInput(path, host.stdin, MAX_BLOB_BYTES);
  const files = await inspectPackage(bytes);
  const { keyId, place } = await withKey(options, async (key) => {
    const document = await readDocument(key);
    const faults = faultsOf(files, document);
    if (faults.length > 0 && options.force !== true) throw wrongLicenses(document, faults);
    await writeBlob(key.connection, bytes);
    return { keyId: document.keyId, place: key.place };
  });
  if (isJson) return out.json({ keyId, place, bytes: bytes.length, licenses: files.length });
  out.line`Wrote ${counted(files.length, "license")} (${bytes.length} bytes) onto the USB key ${styled("bold", keyId)} in ${place}, and read it back.`;
}

async function readDocument({ connection }: OpenKey): Promise<PublicKeyDocument> {
  const document = publicKeyDocument(await readInfo(connection));
  if (document !== undefined) return document;
  throw new CliError("refused", "The key is blank: it has no key pair that licenses could be bound to.", {
    reason: "BLANK_KEY",
    remedy: "Make its key pair first: licensectl authority usb-key provision.",
  });
}

function faultsOf(files: readonly InspectedFile[], key: PublicKeyDocument): readonly RefusalLine[] {
  if (files.length === 0) {
    return [{ fileName: "", reason: "EMPTY_PACKAGE", message: "The file holds no license.", claim: "" }];
  }
  return files.flatMap((file) => bindingFault(file, key) ?? []);
}

function wrongLicenses({ keyId }: PublicKeyDocument, refusals: readonly RefusalLine[]): CliError {
  return new CliError("refused", refusals[0]?.message ?? "", {
    reason: refusals[0]?.reason,
    meaning: `Nothing was written: on the USB key ${keyId} it would give nothing.`,
    remedy:
      "Issue the licenses for this key, by authority issue --usb-key. For tests, --force writes it nevertheless.",
    refusals,
    refusalTotal: refusals.length,
  });
}
