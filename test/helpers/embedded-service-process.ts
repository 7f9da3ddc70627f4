import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { isProcessRunning } from "../../src/store/embedded/process.ts";
import type { TestDataDirectory } from "./data-directory.ts";
import type { EmbeddedServiceReport } from "./embedded-service.ts";

/** A running `embedded-service.ts`. */
export interface EmbeddedServiceProcess {
  readonly child: ChildProcess;
  /** Its next message; rejects if it ends without one. */
  nextReport(): Promise<EmbeddedServiceReport>;
  /** Sends a signal to it, and waits until it is gone. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const PROGRAM = new URL("./embedded-service.ts", import.meta.url);

/** Starts `embedded-service.ts` in a process group of its own. */
export function forkEmbeddedService(
  directory: Pick<TestDataDirectory, "path" | "homesDirectory">,
  program: URL | string = PROGRAM,
): EmbeddedServiceProcess {
  const child = fork(program, [directory.path, directory.homesDirectory], { detached: true });
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    nextReport: () => nextMessage(child),
    end: async (signal) => {
      child.kill(signal);
      await exit;
    },
  };
}

/** Kills a postmaster, as `kill -9` does, and waits until it is gone. */
export async function killPostmaster(pid: number): Promise<void> {
  if (!(await isProcessRunning(pid))) return;
  process.kill(pid, "SIGKILL");
  while (await isProcessRunning(pid)) await new Promise(setImmediate);
}

async function nextMessage(child: ChildProcess): Promise<EmbeddedServiceReport> {
  const stop = new AbortController();
  const ended = once(child, "exit", { signal: stop.signal }).then(([code, signal]) => {
    throw new Error(`the service ended without a word: ${code ?? signal}`);
  });
  try {
    const [message] = await Promise.race([once(child, "message", { signal: stop.signal }), ended]);
    return message;
  } finally {
    stop.abort();
    ended.catch(() => undefined);
  }
}
