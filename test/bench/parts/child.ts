/** Processes of a bench that are told what to do by messages: peers and loads. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { pin } from "./pinning.ts";

/** A process that answers with messages of type `Report`. */
export interface Child<Order, Report> {
  readonly pid: number;
  send(order: Order): void;
  /** Resolves with the first report, of those not taken yet or to come, that is wanted. Rejects if the process ends. */
  report<Wanted extends Report>(isWanted: (report: Report) => report is Wanted): Promise<Wanted>;
  /** Ends it at once. */
  end(): Promise<void>;
}

/** Starts a module of this folder's neighbor `peers` on a core; it ends with the bench. */
export async function startChild<Order extends object, Report>(
  t: Teardown,
  module: URL,
  core: number,
): Promise<Child<Order, Report>> {
  const process = fork(module, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = once(process, "exit");
  const end = async () => {
    process.kill("SIGKILL");
    await ended;
  };
  t.teardown(end);
  await once(process, "spawn");
  const pid = process.pid ?? 0;
  await pin(pid, core);
  return { pid, send: (order) => void process.send(order), report: inbox<Report>(process, module), end };
}

function inbox<Report>(process: ChildProcess, module: URL): Child<object, Report>["report"] {
  const arrived: Report[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  process.on("message", (message) => {
    arrived.push(message as Report);
    wake();
  });
  process.on("exit", wake);
  return <Wanted extends Report>(isWanted: (report: Report) => report is Wanted) =>
    new Promise<Wanted>((resolve, reject) => {
      const look = () => {
        const index = arrived.findIndex(isWanted);
        if (index >= 0) {
          waiting.delete(look);
          resolve(arrived.splice(index, 1)[0] as Wanted);
        } else if (process.exitCode !== null || process.signalCode !== null) {
          waiting.delete(look);
          reject(new Error(`${module.pathname.split("/").at(-1)} ended with ${process.exitCode}`));
        }
      };
      waiting.add(look);
      look();
    });
}
