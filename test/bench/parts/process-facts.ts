/** What the kernel tells about a running process. Linux only. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Seconds of processor that the process has used so far, in user and system mode; steps of 10 ms. */
export async function cpuSeconds(pid: number): Promise<number> {
  const [text, { stdout }] = await Promise.all([
    readFile(`/proc/${pid}/stat`, "utf8"),
    run("getconf", ["CLK_TCK"]),
  ]);
  // The name before the last parenthesis may hold spaces; utime and stime are the fields 14 and 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / Number(stdout);
}

/** Resident memory, in MB (10^6 bytes). */
export interface Memory {
  readonly now: number;
  /** The most since the process began. */
  readonly peak: number;
}

/** Memory of a process. */
export async function memoryOf(pid: number): Promise<Memory> {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024) / 1e6;
  return { now: megabytes("VmRSS"), peak: megabytes("VmHWM") };
}
