/** Programs of the operating system that a drill needs. */
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { CannotRunError } from "../drill.ts";

/** Where Debian keeps what administrators run; often missing from the PATH. */
const SYSTEM_DIRECTORIES = ["/usr/sbin", "/sbin"];

/**
 * Finds a program.
 *
 * @throws CannotRunError that says how to get it.
 */
export async function findProgram(name: string, howToGet: string): Promise<string> {
  for (const directory of [...(process.env["PATH"] ?? "").split(":"), ...SYSTEM_DIRECTORIES]) {
    if (directory === "") continue;
    const path = join(directory, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new CannotRunError(`This drill needs ${name}, which is not installed: ${howToGet}.`);
}
