/** What the operating system knows about a process that is not our child. */
import { execFile } from "node:child_process";
import { readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Tells whether a process runs. A zombie does not: where process 1 does not reap, as in many containers, it
 * would else look alive for ever.
 */
export async function isProcessRunning(pid: number): Promise<boolean> {
  if (!doesPidExist(pid)) return false;
  return !(await processState(pid)).startsWith("Z");
}

/** Tells whether the number is taken, be it by a zombie. This is the question that PostgreSQL asks. */
export function doesPidExist(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Tells whether a running process is a postmaster on the given cluster: it works in that directory, or, where
 * that cannot be seen, was started with it as an argument.
 */
export async function isPostmasterOf(pid: number, clusterDirectory: string): Promise<boolean> {
  const commandLine = await commandLineOf(pid);
  if (!commandLine.includes("postgres")) return false;
  // Refused to root without CAP_SYS_PTRACE, as in containers; unknown outside Linux.
  const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (workingDirectory === undefined) return commandLine.includes(clusterDirectory);
  return workingDirectory === clusterDirectory;
}

async function commandLineOf(pid: number): Promise<string> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const { stdout } = await run("ps", ["-o", "args=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout;
}

/** The state letter of a process; empty if it is gone. */
async function processState(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // The name before it stands in parentheses and may itself hold some.
    return stat.slice(stat.lastIndexOf(")") + 2);
  }
  const { stdout } = await run("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim();
}
