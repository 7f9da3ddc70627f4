import { CommanderError } from "commander";
import { CliError, usageError } from "./cli-error.ts";
import type { Host } from "./context.ts";
import { EXIT } from "./exit-codes.ts";
import { createScreen } from "./output/screen.ts";
import { createProgram } from "./program.ts";
import { writeError } from "./render/error.ts";

/** Runs one command line (without the program's own name) and answers the exit code. Never throws. */
export async function run(args: readonly string[], host: Host): Promise<number> {
  const program = createProgram(host);
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    const failure = toFailure(error);
    // Commander has already written the help that "licensectl" alone asks for.
    if (failure !== undefined) {
      const flags = program.opts<{ json?: boolean; color?: boolean }>();
      writeError(createScreen(host.stderr, flags.color !== false), failure, flags.json === true);
    }
    return EXIT[failure?.kind ?? "usage"];
  }
}

function toFailure(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (error instanceof CommanderError) {
    if (error.code === "commander.help") return undefined;
    return usageError(error.message.replace(/^error: /, ""), "Add --help to see what is possible.");
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CliError("internal", "licensectl has met a defect of its own.", {
    reason: "DEFECT",
    meaning: message,
    remedy: "Report it with this text.",
    cause: error,
  });
}
