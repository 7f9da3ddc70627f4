/** Programs of this host, run to their end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Where and with what a program runs. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program.
 *
 * @returns what it wrote to standard output.
 * @throws Error with what it wrote to standard error.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: ProgramOptions = {},
): Promise<string> {
  const child = spawn(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors, [code]] = await Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    once(child, "close"),
  ]);
  if (code === 0) return output;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${errors.trim()}`);
}

/** Whether a program is on the path. */
export async function isInstalled(program: string): Promise<boolean> {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  const found = await Promise.all(
    directories.map((directory) =>
      access(join(directory, program), constants.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
