/** The server as operators run it: a process of its own, its output and its end. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Teardown } from "./rpc-service.ts";

const PROGRAM = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** How a process ended. */
export interface ProcessEnd {
  /** Exit code; `null`: a signal ended it. */
  readonly code: number | null;
  /** Everything that it wrote to standard error. */
  readonly stderr: string;
  /** Lines that it wrote to standard output. */
  readonly lines: readonly string[];
}

/** A server process. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  /** The address that it serves on; rejects with what it wrote if it ends before. */
  readonly address: Promise<string>;
  /** Resolves when it has written a line of output that holds this text, from now on or before. */
  wrote(text: string): Promise<void>;
  /** Resolves when it has ended. */
  readonly end: Promise<ProcessEnd>;
}

/**
 * Starts a server; if it still runs at the end of the test it is killed.
 *
 * @param wrapper a program and its first arguments, which becomes the server. Default: none.
 */
export function startProcess(
  t: Teardown,
  env: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
  wrapper: readonly string[] = [],
): ServiceProcess {
  const [program = "", ...args] = [...wrapper, process.execPath, PROGRAM, ...argv];
  const child = spawn(program, args, {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const { promise: address, resolve, reject } = Promise.withResolvers<string>();
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    lines.push(line);
    const ready = /"address":"([^"]+)".*"msg":"ready"/.exec(line)?.[1];
    if (ready !== undefined) resolve(ready);
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const end = once(child, "close").then(([code]): ProcessEnd => ({ code, stderr, lines }));
  end.then(({ code }) => reject(new Error(`the server ended with ${code}: ${stderr}${lines.join("\n")}`)));
  // Not every test waits for the server to be ready.
  address.catch(() => undefined);
  t.teardown(async () => {
    child.kill("SIGKILL");
    await end;
  });
  const wrote = async (text: string): Promise<void> => {
    while (!lines.some((line) => line.includes(text))) await once(output, "line");
  };
  return { child, address, wrote, end };
}
