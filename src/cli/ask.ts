/** Questions before something that cannot be taken back. */
import { createInterface } from "node:readline/promises";
import { CliError, usageError } from "./cli-error.ts";
import type { CommandContext } from "./context.ts";

/** Refuses where nobody can be asked: no terminal, or --json. @throws CliError of kind usage. */
export function refuseWithoutTerminal({ isJson, host }: CommandContext, verb: string, remedy: string): void {
  if (isJson || host.stdin.isTTY !== true) {
    throw usageError(`Nobody can be asked whether to ${verb}.`, remedy);
  }
}

/**
 * Asks on the terminal; anything but a yes is a no, also the end of the input and Ctrl-C.
 *
 * @param otherwise what a no means, in one sentence.
 * @throws CliError NOT_CONFIRMED.
 */
export async function confirm({ host }: CommandContext, question: string, otherwise: string): Promise<void> {
  const { stdin, stderr, interrupted } = host;
  const dialog = createInterface({ input: stdin, output: stderr, terminal: false });
  const answer = dialog.question(`\n${question} [y/N] `, { signal: interrupted }).catch(() => "");
  // Ctrl-D ends the input without an answer; the question alone would wait for ever.
  const ended = new Promise<string>((resolve) => dialog.once("close", () => resolve("")));
  const isYes = /^y(es)?$/i.test((await Promise.race([answer, ended])).trim());
  dialog.close();
  if (!isYes) throw new CliError("refused", otherwise, { reason: "NOT_CONFIRMED" });
}
