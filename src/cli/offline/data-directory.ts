import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isErrorWithCode } from "../../license-file/private-key-file.ts";
import { fileProblem } from "../../platform/file-problem.ts";
import { PLATFORM_KEY_FILE } from "../../platform/platform-key.ts";
import { CliError } from "../cli-error.ts";
import type { GlobalFlags } from "../settings.ts";
import { DEFAULT_DATA_DIRECTORIES } from "../token.ts";

/**
 * The data directory that a command works in without a server: that of --data-dir, else the first of the
 * usual ones that a server has started with. An absolute path.
 *
 * @throws CliError of kind usage: there is none, or it cannot be looked into.
 */
export async function findDataDirectory({ dataDir }: GlobalFlags): Promise<string> {
  const candidates = dataDir === undefined ? DEFAULT_DATA_DIRECTORIES : [dataDir];
  for (const candidate of candidates) {
    if (await hasKey(candidate)) return resolve(candidate);
  }
  throw neverStarted(candidates);
}

/** A server makes the platform key, or refuses to start, before it does anything else. */
async function hasKey(directory: string): Promise<boolean> {
  try {
    return (await stat(join(directory, PLATFORM_KEY_FILE))).isFile();
  } catch (error) {
    if (isErrorWithCode(error, "ENOENT") || isErrorWithCode(error, "ENOTDIR")) return false;
    throw new CliError(
      "usage",
      `The data directory ${directory} cannot be looked into: ${fileProblem(error)}.`,
      {
        reason: "USAGE",
        remedy: "Run licensectl as the account of the server, or as root.",
        cause: error,
      },
    );
  }
}

function neverStarted(searched: readonly string[]): CliError {
  return new CliError(
    "usage",
    `No server has ever started with the data directory ${searched.join(" or ")}.`,
    {
      reason: "NEVER_STARTED",
      meaning: `There is no ${PLATFORM_KEY_FILE} in it, and so no platform, no request code and no license.`,
      remedy: "Name the data directory of the server by --data-dir, or start the server once.",
    },
  );
}
