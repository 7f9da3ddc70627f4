/** Streams that remember what was written to them, in the place of a process's own. */
import { EventEmitter, once } from "node:events";
import { Readable, Writable } from "node:stream";
import type { Host } from "../../../src/cli/context.ts";
import { run } from "../../../src/cli/run.ts";

/** A stream and what was written to it. */
export interface Captured {
  readonly stream: Writable;
  text(): string;
  /** Waits until what was written matches. */
  until(pattern: RegExp): Promise<void>;
}

/** A stream that remembers; with `isTerminal` it says that it is a terminal with colors. */
export function capture(isTerminal = false): Captured {
  const chunks: string[] = [];
  const written = new EventEmitter();
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      written.emit("written");
      done();
    },
  });
  if (isTerminal) Object.assign(stream, { isTTY: true, getColorDepth: () => 8 });
  const text = (): string => chunks.join("");
  return {
    stream,
    text,
    async until(pattern) {
      while (!pattern.test(text())) await once(written, "written");
    },
  };
}

/** What a command line did. */
export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A host for {@link run} that {@link runCli} makes; a test may replace its parts. */
export type HostParts = Partial<Pick<Host, "stdin" | "env" | "interrupted">> & {
  /** Standard output is a terminal. Default: it is none. */
  readonly isTerminal?: boolean;
};

/** A command line that runs within this process. */
export interface Running {
  readonly stdout: Captured;
  readonly stderr: Captured;
  /** Its exit code, when it has ended. */
  readonly ended: Promise<number>;
}

/** Starts a command line within this process, with an empty environment and no terminal unless asked for. */
export function startCli(args: readonly string[], parts: HostParts = {}): Running {
  const stdout = capture(parts.isTerminal);
  const stderr = capture();
  const ended = run(args, {
    stdin: parts.stdin ?? Readable.from([]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: parts.env ?? {},
    interrupted: parts.interrupted ?? new AbortController().signal,
  });
  return { stdout, stderr, ended };
}

/** Runs a command line to its end. */
export async function runCli(args: readonly string[], parts: HostParts = {}): Promise<RunResult> {
  const { stdout, stderr, ended } = startCli(args, parts);
  const code = await ended;
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
