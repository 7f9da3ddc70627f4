import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileProblem } from "../../platform/file-problem.ts";
import { parseRequestCode, platformIdOf, type RequestCode } from "../../platform/request-code.ts";
import { REQUEST_CODE_FILE } from "../../start/request-code-file.ts";
import { CliError, usageError } from "../cli-error.ts";
import { otherPlatform } from "./offline-errors.ts";

/** The request code of a data directory. */
export interface OfflineRequestCode extends RequestCode {
  /** The exact text of the file. */
  readonly requestCode: string;
  /** AP-2. */
  readonly platformId: string;
}

/**
 * Reads `request-code.txt` of a data directory, and checks that its key signed it.
 *
 * @param thumbprint of the platform that it must be of. Default: any.
 * @throws CliError: it is missing, damaged or another platform's.
 */
export async function readOfflineRequestCode(
  directory: string,
  thumbprint?: string,
): Promise<OfflineRequestCode> {
  const path = join(directory, REQUEST_CODE_FILE);
  const requestCode = await readFile(path, "utf8").catch((error: unknown) => {
    throw usageError(
      `${path} cannot be read: ${fileProblem(error)}.`,
      "Start the server, which writes it anew.",
    );
  });
  const parsed = await parseRequestCode(requestCode);
  // White space around it would make another platform id.
  if (parsed === undefined || requestCode !== requestCode.trim()) {
    throw new CliError("refused", `${path} is damaged.`, {
      reason: "REQUEST_CODE_DAMAGED",
      meaning: "The vendor could not issue a license for it.",
      remedy: "Start the server, which writes it anew.",
    });
  }
  if (thumbprint !== undefined && parsed.thumbprint !== thumbprint) throw otherPlatform(path);
  return { ...parsed, requestCode, platformId: platformIdOf(requestCode) };
}
