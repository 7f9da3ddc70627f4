/** Servers as operators run them, in development mode so that a test vendor is believed; several on one database are one platform. */
import { copyFile, cp, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { ServerPlace } from "../../helpers/server-process.ts";
import { type ServiceProcess, startProcess } from "../../helpers/service-process.ts";

/** A server that serves. */
export interface DrillNode {
  readonly place: ServerPlace;
  /** "host:port". */
  readonly address: string;
  readonly pid: number;
  /** Of the first admin. */
  readonly token: string;
  readonly process: ServiceProcess;
  /** Sends the signal to this process alone and waits for its end. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/** Settings beside those that every drill has, by variable. */
export type NodeSettings = Readonly<Record<string, string>>;

/** A new data directory for the first node of a database. */
export async function makePlace(t: Teardown, databaseUrl: string): Promise<ServerPlace> {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  return { databaseUrl, dataDirectory: data.path };
}

/** Starts a server on a free port and waits until it serves. */
export async function startNode(
  t: Teardown,
  place: ServerPlace,
  settings: NodeSettings = {},
): Promise<DrillNode> {
  const usual = {
    DATABASE_URL: place.databaseUrl,
    LICENSE_DATA_DIR: place.dataDirectory,
    LICENSE_LISTEN: "127.0.0.1:0",
    LICENSE_PLAINTEXT: "on",
    LICENSE_METRICS_LISTEN: "off",
  };
  const server = startProcess(t, { ...usual, ...settings }, ["--development"]);
  const address = await server.address;
  const token = (await readFile(join(place.dataDirectory, "admin-token"), "utf8")).trim();
  return {
    place,
    address,
    pid: server.child.pid ?? 0,
    token,
    process: server,
    async end(signal) {
      server.child.kill(signal);
      await server.end;
    },
  };
}

/** Starts a further node of the same platform: the platform's key, a data directory of its own. */
export async function startFurtherNode(
  t: Teardown,
  { dataDirectory, databaseUrl }: ServerPlace,
  settings: NodeSettings = {},
): Promise<DrillNode> {
  const place = await makePlace(t, databaseUrl);
  await mkdir(place.dataDirectory, { mode: 0o700 });
  for (const name of ["platform-key.pem", "admin-token"]) {
    await copyFile(join(dataDirectory, name), join(place.dataDirectory, name));
  }
  await cp(join(dataDirectory, "test-vendor"), join(place.dataDirectory, "test-vendor"), { recursive: true });
  return startNode(t, place, settings);
}
