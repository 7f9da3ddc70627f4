import { readFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { locateBinaries } from "../../../src/store/embedded/binaries.ts";

/** What a figure depends on beside the program. Names neither the host nor any path. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  readonly node: string;
  readonly postgresql: string;
  /** Day of the run, UTC. */
  readonly date: string;
}

/** The facts of this machine, now. */
export async function machineFacts(): Promise<MachineFacts> {
  const { version } = await locateBinaries();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: await systemName(),
    node: process.versions.node,
    // The npm package adds words of its own.
    postgresql: /^\d+(\.\d+)?/.exec(version)?.[0] ?? version,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** One line of text. */
export function machineText({ cpu, cores, memoryGib, system, node, postgresql, date }: MachineFacts): string {
  return `${date}, ${cpu}, ${cores} cores, ${memoryGib} GiB, ${system}, Node ${node}, PostgreSQL ${postgresql}`;
}

async function systemName(): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(release)?.[1] ?? process.platform;
}
