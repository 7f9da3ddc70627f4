import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readHome } from "../../../src/store/embedded/homes.ts";
import { makeTestDataDirectory } from "../../helpers/data-directory.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { Drill, DrillContext, DrillReport } from "../drill.ts";
import { makeNamespaces, type Namespaces } from "./namespaces.ts";
import type { Probe } from "./prober.ts";

const run = promisify(execFile);

const PROGRAM = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
const PROBER = fileURLToPath(new URL("prober.ts", import.meta.url));
const GRPC_PORT = 50_051;

/** What another machine can reach of a server. */
export const namespace: Drill = {
  name: "namespace",
  fault: "a scan of all TCP ports from another network namespace (needs root)",
  promise:
    "A server that listens on an address of the network, with its own PostgreSQL and with metrics at their default,\n" +
    "shows nothing there but its gRPC port (threat 26).",
  usual: "about 40 s",
  timeoutMs: 200_000,
  run: scanFromOutside,
};

async function scanFromOutside(context: DrillContext): Promise<DrillReport> {
  const namespaces = await makeNamespaces(context);
  await startServer(context, namespaces);
  context.say("the server serves; all ports are tried from outside and on its loopback");
  const outside = await probe(namespaces.outside, namespaces.address, GRPC_PORT);
  const loopback = await probe(namespaces.inside, "127.0.0.1");
  const list = (ports: readonly number[]) => (ports.length === 0 ? "none" : ports.join(", "));
  return {
    tables: [
      {
        title: "Open TCP ports of 65,535",
        columns: ["seen from", "at", "open"],
        rows: [
          ["another namespace", namespaces.address, list(outside.openPorts)],
          ["the server's own", "127.0.0.1", list(loopback.openPorts)],
        ],
      },
    ],
    findings: [
      {
        promise: "gRPC answers from outside",
        holds: outside.isServing,
        seen: outside.isServing ? "health: SERVING" : "health: no answer",
      },
      {
        promise: "nothing else does",
        holds: outside.openPorts.every((port) => port === GRPC_PORT),
        seen: `open: ${list(outside.openPorts)}`,
      },
    ],
  };
}

/** In development mode with a PostgreSQL of its own, as `npm start` does, but on an address of the network. */
async function startServer(t: Teardown, { inside, address }: Namespaces): Promise<void> {
  const data = await makeTestDataDirectory();
  t.teardown(() => data.remove());
  t.teardown(() => removeHome(data.path));
  const [command = "", ...argv] = [...inside, process.execPath, PROGRAM, "--development"];
  const env = {
    PATH: process.env["PATH"],
    LICENSE_DATA_DIR: data.path,
    LICENSE_LISTEN: `${address}:${GRPC_PORT}`,
    LICENSE_PLAINTEXT: "on",
  };
  const child = spawn(command, argv, { env, stdio: ["ignore", "pipe", "pipe"] });
  const exit = once(child, "exit");
  // In order, so that its PostgreSQL ends with it.
  t.teardown(async () => {
    child.kill("SIGTERM");
    await exit;
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const ended = exit.then(() => {
    throw new Error(`the server ended: ${errors}`);
  });
  ended.catch(() => undefined);
  await Promise.race([ended, ready(createInterface({ input: child.stdout }))]);
}

async function ready(output: NodeJS.EventEmitter): Promise<void> {
  for (;;) {
    const [line] = await once(output, "line");
    if (String(line).includes('"msg":"ready"')) return;
  }
}

/** Under root the files of PostgreSQL lie outside the data directory, which remembers where. */
async function removeHome(dataDirectory: string): Promise<void> {
  const home = await readHome(dataDirectory);
  if (home !== undefined) await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

async function probe(where: readonly string[], address: string, port?: number): Promise<Probe> {
  const arguments_ = port === undefined ? [address] : [address, String(port)];
  const [command = "", ...argv] = [...where, process.execPath, PROBER, ...arguments_];
  const { stdout } = await run(command, argv);
  return JSON.parse(stdout) as Probe;
}
