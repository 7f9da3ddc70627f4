import { EXIT_CODES, ServiceError, StartupError } from "../../errors.ts";
import { CliError } from "../cli-error.ts";
import type { ExitKind } from "../exit-codes.ts";

/** Refusals that are not of the kind "refused", by the exit code that the server would end with. */
const KINDS: Readonly<Record<number, ExitKind>> = {
  [EXIT_CODES.settings]: "usage",
  [EXIT_CODES.databaseUnreachable]: "unreachable",
  [EXIT_CODES.databaseLoginRefused]: "identity",
};

/**
 * Runs work of the server within licensectl.
 * @throws CliError for what the server would refuse to start with, and for a database that went away.
 */
export async function asServer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StartupError) {
      const kind = KINDS[error.exitCode] ?? "refused";
      throw new CliError(kind, error.message, { reason: reasonOf(error), cause: error });
    }
    if (error instanceof ServiceError) {
      throw new CliError("unreachable", error.message, { reason: error.reason, cause: error });
    }
    throw error;
  }
}

/** The name of an exit code in the style of reasons: databaseUnreachable becomes DATABASE_UNREACHABLE. */
function reasonOf({ exitCode }: StartupError): string | undefined {
  const name = Object.entries(EXIT_CODES).find(([, code]) => code === exitCode)?.[0];
  return name?.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
