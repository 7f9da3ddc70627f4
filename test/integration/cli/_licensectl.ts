/** Runs the real bin/licensectl as a process of its own, against a service of the test file. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Teardown } from "../../helpers/rpc-service.ts";

/** The program, as a user starts it. */
export const LICENSECTL = fileURLToPath(new URL("../../../bin/licensectl", import.meta.url));

/** What one run printed, and how it ended. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface RunOptions {
  /** Written to standard input, which is then closed. */
  readonly stdin?: string | Uint8Array;
  /** Variables beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default: an empty temporary directory's place, "/". */
  readonly cwd?: string;
  /** Program to start. Default: {@link LICENSECTL}. */
  readonly program?: string;
}

/** Starts licensectl with nothing of this process's environment but PATH. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
  const { env = {}, cwd = "/", program = LICENSECTL } = options;
  return spawn(program, [...args], { cwd, env: { PATH: process.env["PATH"], ...env } });
}

/** Runs licensectl to its end. */
export async function licensectl(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = start(args, options);
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  // A program that refuses its command line has ended before its input is written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.stdin);
  const [code] = await once(child, "close");
  return { code, ...output };
}

/** Cleanup of what a whole test file shares: run by its `test.after.always`. */
export function createTeardown(): Teardown & { run(): Promise<void> } {
  const works: Array<() => void | Promise<void>> = [];
  return {
    teardown: (work) => {
      works.push(work);
    },
    async run() {
      for (const work of works.reverse()) await work();
    },
  };
}

/** A directory that is removed at the end. */
export async function temporaryDirectory(t: Teardown): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "licensectl-"));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
