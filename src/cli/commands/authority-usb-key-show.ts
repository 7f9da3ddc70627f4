import { type InspectedFile, inspectPackage } from "../../license-file/inspect-package.ts";
import type { TrustStore } from "../../license-file/trust-store.ts";
import { readInfo, readKey } from "../../usb/protocol/exchange.ts";
import type { KeyInfo } from "../../usb/protocol/info.ts";
import { gatherTrust, type TrustOptions } from "../authority/gather-trust.ts";
import { bindingFault } from "../authority/key-binding.ts";
import { type OpenKey, type PlaceOptions, withKey } from "../authority/key-place.ts";
import { proveOnce } from "../authority/prove-once.ts";
import { type PublicKeyDocument, publicKeyDocument } from "../authority/public-key-file.ts";
import { writeOutput } from "../authority/write-output.ts";
import { CliError, type RefusalLine, usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { type Screen, styled } from "../output/screen.ts";
import { writeInspectedFile } from "../render/inspected-file.ts";
import { counted } from "../render/terms.ts";

/** Options of `licensectl authority usb-key show`. */
export interface ShowOptions extends PlaceOptions, TrustOptions {
  readonly out?: string;
}

/** A key, and what lies on it. */
interface ShownKey {
  readonly info: KeyInfo;
  readonly place: string;
  /** `undefined`: it declares no public key. */
  readonly document: PublicKeyDocument | undefined;
  readonly isProven: boolean;
  readonly licenses: readonly ShownLicense[];
}

/** A file on a key. */
interface ShownLicense {
  readonly file: InspectedFile;
  /** Why it gives nothing on this key; `undefined`: it is for it. */
  readonly fault: RefusalLine | undefined;
}

/**
 * `licensectl authority usb-key show`: reads a key, lets it prove itself, and fails unless every license on it is
 * signed by a vendor whose anchor was given, and is for this key.
 */
export async function usbKeyShow(context: CommandContext, options: ShowOptions): Promise<void> {
  const trust = await gatherTrust(options);
  const shown = await withKey(options, (key) => look(key, trust));
  if (options.out !== undefined) await writeDocument(options.out, shown.document);
  if (context.isJson) context.out.json(toJson(shown));
  else writeKey(context.out, shown);
  const wrong = shown.licenses.flatMap(({ file, fault }) => refusalOf(file) ?? fault ?? []);
  if (wrong.length > 0) throw notGood(wrong);
}

async function look({ connection, place }: OpenKey, trust: TrustStore): Promise<ShownKey> {
  const info = await readInfo(connection);
  const document = publicKeyDocument(info);
  if (document === undefined) return { info, place, document, isProven: false, licenses: [] };
  const { blob } = await readKey(connection);
  const isProven = info.algorithm !== "none";
  if (isProven) await proveOnce(connection, info);
  const files = blob.length === 0 ? [] : await inspectPackage(blob, trust);
  const licenses = files.map((file) => ({ file, fault: bindingFault(file, document) }));
  return { info, place, document, isProven, licenses };
}

async function writeDocument(path: string, document: PublicKeyDocument | undefined): Promise<void> {
  if (document === undefined) throw usageError("--out: the key is blank, and has no public key.");
  await writeOutput("--out", path, `${JSON.stringify(document, null, 2)}\n`);
}

function writeKey(screen: Screen, { info, place, document, isProven, licenses }: ShownKey): void {
  screen.fields([
    ["key", styled("bold", info.keyId || "blank: it has no key pair yet")],
    ["place", place],
    ["model", info.model || undefined],
    ["algorithm", info.algorithm],
    ["private key", isProven ? styled("green", "proved") : styled("yellow", "none")],
    ["thumbprint", document?.thumbprint],
    ["public key", document && JSON.stringify(document.jwk)],
    ["keeps marks", info.keepsMarks ? "yes" : "no"],
    [
      "on it",
      `${info.blobLength} bytes, ${counted(licenses.length, "license")}, written ${counted(info.blobGeneration, "time")}`,
    ],
  ]);
  for (const { file, fault } of licenses) {
    screen.line`\n${styled("bold", file.fileName || "License")}`;
    writeInspectedFile(screen, file, false);
    screen.line`For this key: ${fault === undefined ? styled("green", "yes") : styled("red", `no. ${fault.message}`)}`;
  }
}

function toJson({ info, place, document, isProven, licenses }: ShownKey): Record<string, unknown> {
  const { keyId, model, algorithm, isSealed, keepsMarks, blobLength, blobGeneration } = info;
  return {
    ...{ keyId, model, algorithm, thumbprint: document?.thumbprint, jwk: document?.jwk, place },
    ...{ isSealed, isProven, keepsMarks, blobLength, blobGeneration },
    files: licenses.map(({ file, fault }) => ({ ...file, isForThisKey: fault === undefined })),
  };
}

function refusalOf({ fileName, verdict, refusal }: InspectedFile): RefusalLine | undefined {
  if (verdict === "VERIFIED") return undefined;
  const { reason = "NOT_A_LICENSE", message = "It is not verified.", claim = "" } = refusal ?? {};
  return { fileName, reason, message, claim };
}

function notGood(refusals: readonly RefusalLine[]): CliError {
  return new CliError("refused", refusals[0]?.message ?? "", {
    reason: refusals[0]?.reason,
    meaning: "A platform takes nothing from a key on which one license is refused.",
    remedy:
      "Write the right licenses onto it. To check with other anchors, name them by --trust or --directory.",
    refusals,
    refusalTotal: refusals.length,
  });
}
