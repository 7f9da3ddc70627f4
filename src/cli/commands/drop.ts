import { basename } from "node:path";
import { mayWait } from "../../licensing/drop-folder.ts";
import { usageError } from "../cli-error.ts";
import type { CommandContext } from "../context.ts";
import { inspectDropped } from "../drop/inspect-dropped.ts";
import { putDropped } from "../drop/put-dropped.ts";
import { readInput } from "../input.ts";
import { findDataDirectory } from "../offline/data-directory.ts";
import { styled } from "../output/screen.ts";

/** What a server can be configured to take at most (LICENSE_PACKAGE_MAX_BYTES). */
const MAX_PACKAGE_BYTES = 8 * 1024 * 1024;

/** Name of a file that comes from standard input. */
const NAME_OF_INPUT = "license.lic";

/**
 * `licensectl drop FILE`: puts licenses into the drop folder of a data directory (ZL-6). What is against them
 * is a warning: the server judges, when it takes them.
 */
export async function drop(
  context: CommandContext,
  _options: object,
  [file = ""]: readonly string[],
): Promise<void> {
  const { out, err, host, isJson, flags } = context;
  const name = file === "-" ? NAME_OF_INPUT : basename(file);
  if (!mayWait(name)) {
    throw usageError(
      `The server passes over "${name}": names with a dot before or ".tmp" behind are for unfinished files.`,
      "Give the file another name.",
    );
  }
  const bytes = await readInput(file, host.stdin, MAX_PACKAGE_BYTES);
  const directory = await findDataDirectory(flags);
  const warnings = await inspectDropped(bytes, directory);
  const path = await putDropped(directory, name, bytes);
  if (isJson) return out.json({ file: path, bytes: bytes.length, warnings });
  for (const { fileName, reason, message } of warnings) {
    err.line`${styled("yellow", "Warning:")} ${fileName ? `${fileName}: ` : ""}${styled("bold", reason)} ${message}`;
  }
  out.line`${path}`;
  if (warnings.length > 0) out.line`The server is likely to refuse it. "licensectl reload" has it try.`;
  else out.line`"licensectl reload" has the server install it.`;
}
