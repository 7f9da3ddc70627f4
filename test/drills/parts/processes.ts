/** What Linux tells about the processes of a drill. */
import { readdir, readFile } from "node:fs/promises";
import { CannotRunError } from "../drill.ts";

/** A process and its children, itself first; one level, which is all that a postmaster has. */
export async function processTree(pid: number): Promise<number[]> {
  if (process.platform !== "linux") throw new CannotRunError("This drill needs Linux: it reads /proc.");
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const parents = await Promise.all(names.map(async (child) => ({ child, parent: await parentOf(child) })));
  return [pid, ...parents.filter(({ parent }) => parent === pid).map(({ child }) => child)];
}

async function parentOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name before it stands in parentheses and may itself hold some.
  const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return parent === undefined ? undefined : Number(parent);
}

/** Sends a signal to each; one that is gone already is as well. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** What a process uses at an instant. */
export interface ProcessUse {
  readonly residentMb: number;
  /** Open files and sockets. */
  readonly handles: number;
}

/** Reads what a process uses. */
export async function useOf(pid: number): Promise<ProcessUse> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  return { residentMb: Math.round(kilobytes / 1024), handles: (await readdir(`/proc/${pid}/fd`)).length };
}
