/** The real server as a process of its own, to be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Teardown } from "./rpc-service.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** A server that serves. */
export interface ServerProcess {
  /** "host:port". */
  readonly address: string;
  /** Content of the admin token file. */
  readonly adminToken: string;
  /** Sends the signal to this process alone and waits for its end. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Where a server keeps its things: the same twice is the same platform again. */
export interface ServerPlace {
  readonly databaseUrl: string;
  readonly dataDirectory: string;
}

/**
 * Starts a server in development mode on a free port and waits until it serves.
 *
 * @throws Error with what it printed, when it ends before it serves
 */
export async function startServerProcess(t: Teardown, place: ServerPlace): Promise<ServerProcess> {
  const child = spawn(process.execPath, [MAIN, "--development"], {
    env: {
      PATH: process.env["PATH"],
      DATABASE_URL: place.databaseUrl,
      LICENSE_DATA_DIR: place.dataDirectory,
      LICENSE_LISTEN: "127.0.0.1:0",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = (signal: "SIGKILL" | "SIGTERM") => endProcess(child, signal);
  t.teardown(() => end("SIGKILL"));
  const address = await readAddress(child);
  const adminToken = (await readFile(join(place.dataDirectory, "admin-token"), "utf8")).trim();
  return { address, adminToken, end };
}

async function endProcess(child: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill(signal);
  await closed;
}

/** The address in the line that the server logs once it serves. */
async function readAddress(child: ChildProcess): Promise<string> {
  const printed: string[] = [];
  child.stderr?.setEncoding("utf8").on("data", (text: string) => printed.push(text));
  if (child.stdout === null) throw new Error("the server's output is not piped");
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line);
    const { msg, address } = JSON.parse(line);
    if (msg !== "ready") continue;
    child.stdout.resume();
    return address;
  }
  throw new Error(`the server ended before it served:\n${printed.join("\n")}`);
}
