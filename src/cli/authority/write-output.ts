import { writeFileDurably } from "../../platform/durable-file.ts";
import { usageError } from "../cli-error.ts";

/** Writes a file that others may read; what was there before stays until the new one is whole. @throws CliError. */
export async function writeOutput(option: string, path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFileDurably(path, content, 0o644);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw usageError(`${option}: ${path} cannot be written: ${problem}.`);
  }
}
