import { type InspectedFile, inspectPackage } from "../../license-file/inspect-package.ts";
import { isTestKey } from "../../license-file/trust-store.ts";
import { gatherTrust, type TrustOptions } from "../authority/gather-trust.ts";
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
  options: TrustOptions,
  [file = ""]: readonly string[],
): Promise<void> {
  const trust = await gatherTrust(options);
  const files = await inspectPackage(await readInput(file, host.stdin, MAX_FILE_BYTES), trust);
  if (isJson) out.json({ files: files.map(toDocument) });
  else for (const inspected of files) writeInspectedFile(out, inspected, files.length > 1);
  const refused = files.find(({ verdict }) => verdict !== "VERIFIED");
  if (refused !== undefined || files.length === 0) throw notVerified(refused);
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
