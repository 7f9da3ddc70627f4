/** Keeps server and load on cores of their own, so that neither takes the other's time. */
import { execFile } from "node:child_process";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

/** Core of the server under test and of its peer; the load has another. */
export const SERVER_CORE = 0;
/** Core of the load. */
export const LOAD_CORE = 1;

const run = promisify(execFile);

/** Whether this machine can pin: two cores and `taskset`. */
export async function canPin(): Promise<boolean> {
  if (availableParallelism() < 2) return false;
  return run("taskset", ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Moves a running process with all its threads to one core, if this machine can pin. */
export async function pin(pid: number, core: number): Promise<void> {
  if (await canPin()) await run("taskset", ["--all-tasks", "--cpu-list", "--pid", String(core), String(pid)]);
}

/** A sentence for the notes of a result. */
export async function pinningNote(): Promise<string> {
  return (await canPin())
    ? `Servers ran on core ${SERVER_CORE}, the load on core ${LOAD_CORE}.`
    : "Nothing was pinned to a core: there are less than two, or no taskset. Expect more noise.";
}
