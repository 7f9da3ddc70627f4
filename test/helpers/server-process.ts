/** The real server in development mode on a place of its own, to be killed and started again. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Teardown } from "./rpc-service.ts";
import { serverSettings } from "./server-settings.ts";
import { startProcess } from "./service-process.ts";

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

/** Starts a server on a free port and waits until it serves; rejects with what it wrote if it ends before. */
export async function startServerProcess(t: Teardown, place: ServerPlace): Promise<ServerProcess> {
  const server = startProcess(t, serverSettings(place), ["--development"]);
  const address = await server.address;
  const adminToken = (await readFile(join(place.dataDirectory, "admin-token"), "utf8")).trim();
  return {
    address,
    adminToken,
    async end(signal) {
      server.child.kill(signal);
      await server.end;
    },
  };
}
