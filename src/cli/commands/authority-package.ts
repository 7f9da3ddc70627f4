import { basename } from "node:path";
import { readClaims } from "../../license-file/claims.ts";
import { readCompactJws } from "../../license-file/compact-jws.ts";
import { inspectPackage } from "../../license-file/inspect-package.ts";
import { type FileToPack, packLicenses } from "../../license-file/pack-licenses.ts";
import { DEFAULT_PACKAGE_LIMITS } from "../../license-file/package-limits.ts";
import { licenseTextOf } from "../../license-file/read-package.ts";
import { readStrictJson } from "../../license-file/strict-json.ts";
import { asVendor } from "../authority/vendor.ts";
import { writeOutput } from "../authority/write-output.ts";
import { type CliError, usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { readInput } from "../input.ts";
import { counted } from "../render/terms.ts";

/** `licensectl authority package --out FILE FILE...`: packs licenses, and reads the package back before it is written. */
export async function authorityPackage(
  { host, isJson, out }: CommandContext,
  options: { out: string },
  paths: readonly string[],
): Promise<void> {
  const files = await Promise.all(paths.map((path) => readLicense(path, host.stdin)));
  const bytes = await asVendor(() => packLicenses(files));
  for (const { fileName, refusal } of await inspectPackage(bytes)) {
    if (refusal !== undefined) throw usageError(`${fileName || "The package"}: ${refusal.message}`);
  }
  await writeOutput("--out", options.out, bytes);
  const names = files.map(({ fileName }) => fileName);
  if (isJson) return out.json({ file: options.out, bytes: bytes.length, licenses: names });
  out.line`Packed ${counted(names.length, "license")} (${names.join(", ")}): ${options.out}, ${bytes.length} bytes`;
}

async function readLicense(path: string, stdin: CommandContext["host"]["stdin"]): Promise<FileToPack> {
  const bytes = await readInput(path, stdin, DEFAULT_PACKAGE_LIMITS.maxEntryBytes);
  const signedBytes = licenseTextOf(bytes);
  const fault = faultOf(signedBytes);
  if (fault !== undefined) throw notALicense(path, fault);
  return { fileName: basename(path), signedBytes };
}

/** Whether a platform could read it as a license; whose signature it bears is the platform's to judge. */
function faultOf(text: string): string | undefined {
  const read = readCompactJws(text, "license+jwt");
  if ("fault" in read) return read.fault.message;
  const json = readStrictJson(read.jws.payload);
  if (!("value" in json)) return json.fault;
  const claims = readClaims(json.value);
  return "refusal" in claims ? claims.refusal.message : undefined;
}

function notALicense(path: string, fault: string): CliError {
  return usageError(`${path} is not a license: ${fault}`);
}
