/** Two network namespaces with one cable between them, and nothing else: no traffic leaves them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Teardown } from "../../helpers/rpc-service.ts";
import { CannotRunError } from "../drill.ts";
import { findProgram } from "../parts/programs.ts";

const run = promisify(execFile);

/** Two machines, as far as the network can tell. */
export interface Namespaces {
  /** Of the server: command and arguments that run a program there. */
  readonly inside: readonly string[];
  /** Of another machine on its network. */
  readonly outside: readonly string[];
  /** Address of the server on the cable. */
  readonly address: string;
}

/** Of documentation (RFC 5737): it is nobody's, and here it is seen in the two namespaces only. */
const ADDRESS = "192.0.2.1";
const OTHER_ADDRESS = "192.0.2.2";

/**
 * Makes them; the teardown removes them.
 *
 * @throws CannotRunError without root, without `ip`, or where the kernel refuses.
 */
export async function makeNamespaces(t: Teardown): Promise<Namespaces> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new CannotRunError("This drill needs root on Linux: it makes network namespaces (ip netns).");
  }
  const ip = await findProgram("ip", "on Debian, apt-get install iproute2");
  const [server, client] = [`license-drill-${process.pid}-s`, `license-drill-${process.pid}-c`];
  await addNamespace(t, ip, server);
  await addNamespace(t, ip, client);
  const steps = [
    ["-n", server, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", client],
    ["-n", server, "addr", "add", `${ADDRESS}/30`, "dev", "cable"],
    ["-n", client, "addr", "add", `${OTHER_ADDRESS}/30`, "dev", "cable"],
    ...[server, client].flatMap((name) => [
      ["-n", name, "link", "set", "lo", "up"],
      ["-n", name, "link", "set", "cable", "up"],
    ]),
  ];
  for (const step of steps) await run(ip, step).catch(refused);
  return {
    inside: [ip, "netns", "exec", server],
    outside: [ip, "netns", "exec", client],
    address: ADDRESS,
  };
}

async function addNamespace(t: Teardown, ip: string, name: string): Promise<void> {
  await run(ip, ["netns", "add", name]).catch(refused);
  t.teardown(async () => {
    await run(ip, ["netns", "delete", name]);
  });
}

function refused(error: Error): never {
  throw new CannotRunError(`This machine makes no network namespaces: ${error.message.split("\n").at(-1)}`);
}
