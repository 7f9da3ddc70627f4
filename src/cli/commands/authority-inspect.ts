import { type InspectedFile, inspectPackage } from "../../license-file/inspect-package.ts";
import { PRODUCT_TRUST_DIRECTORY } from "../../license-file/product-trust.ts";
import { isTestKey, loadTrustStore, type TrustStore } from "../../license-file/trust-store.ts";
import { asVendor, readVendorAnchors } from "../authority/vendor.ts";
import { CliError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { readInput } from "../input.ts";
import { writeInspectedFile } from "../render/inspected-file.ts";

const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * `licensectl authority inspect FILE`: shows everything, believed or not, and fails unless every
 * license is signed by a vendor whose anchor was given.
 */
export async function authorityInspect(
  { host, isJson, out }: CommandContext,
  options: { trust?: string; directory?: string },
  [file = ""]: readonly string[],
): Promise<void> {
  const trust = await gatherTrust(options);
  const files = await inspectPackage(await readInput(file, host.stdin, MAX_FILE_BYTES), trust);
  if (isJson) out.json({ files: files.map(toDocument) });
  else for (const inspected of files) writeInspectedFile(out, inspected, files.length > 1);
  const refused = files.find(({ verdict }) => verdict !== "VERIFIED");
  if (refused !== undefined || files.length === 0) throw notVerified(refused);
}

async function gatherTrust({
  trust,
  directory,
}: {
  trust?: string;
  directory?: string;
}): Promise<TrustStore> {
  const product = await asVendor(() => loadTrustStore({ trustDirectory: trust ?? PRODUCT_TRUST_DIRECTORY }));
  if (directory === undefined) return product;
  const own = await readVendorAnchors(directory);
  const anchors = new Map([...product.anchors, ...own.map((anchor) => [anchor.keyId, anchor] as const)]);
  return { anchors, isTestVendorTrusted: own.some(({ keyId }) => isTestKey(keyId)) };
}

/** The key id that a header names; "" when it names none. */
function keyIdOf({ header }: InspectedFile): string {
  const keyId: unknown =
    typeof header === "object" && header !== null ? Reflect.get(header, "kid") : undefined;
  return typeof keyId === "string" ? keyId : "";
}

function toDocument(inspected: InspectedFile): Record<string, unknown> {
  const { fileName, header, claims, verdict, refusal } = inspected;
  const isTestVendor = verdict === "VERIFIED" && isTestKey(keyIdOf(inspected));
  return { fileName, header, claims, verdict, isTestVendor, refusal };
}

function notVerified(refused: InspectedFile | undefined): CliError {
  const parts = {
    reason: refused?.refusal?.reason ?? "EMPTY_PACKAGE",
    meaning: "What it says is not to be believed.",
  };
  return new CliError("refused", refused?.refusal?.message ?? "The file holds no license.", {
    ...parts,
    remedy: "To check with other anchors, name them by --trust or --directory.",
  });
}
