/**
 * What a machine on the network sees of another: `prober.ts <address> [<gRPC port>]` prints the open TCP ports
 * and whether health is answered at the gRPC port, as JSON.
 */
import { connect } from "node:net";
import { openCaller } from "../parts/caller.ts";
import { withTeardown } from "../parts/teardown.ts";

/** What it prints. */
export interface Probe {
  readonly openPorts: readonly number[];
  /** Health says SERVING over gRPC; `false` without a port. */
  readonly isServing: boolean;
}

const LAST_PORT = 65_535;
const AT_ONCE = 400;
const PATIENCE_MS = 2_000;

const [address = "", port] = process.argv.slice(2);
const probe: Probe = {
  openPorts: await scan(address),
  isServing: port !== undefined && (await isServing(`${address}:${port}`)),
};
process.stdout.write(JSON.stringify(probe));

async function scan(host: string): Promise<number[]> {
  const open: number[] = [];
  let next = 1;
  const scanOn = async () => {
    for (let tried = next++; tried <= LAST_PORT; tried = next++)
      if (await isOpen(host, tried)) open.push(tried);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, scanOn));
  return open.sort((a, b) => a - b);
}

function isOpen(host: string, tried: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: tried, timeout: PATIENCE_MS });
    const finish = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    // On loopback a port of the range that the kernel hands out may be met by the very socket that tries it.
    socket.once("connect", () => finish(socket.localPort !== tried));
    socket.once("error", () => finish(false));
    socket.once("timeout", () => finish(false));
  });
}

function isServing(target: string): Promise<boolean> {
  const ending = { teardown: () => undefined };
  return withTeardown(ending, (t) =>
    openCaller(t, { address: target, token: "none" })
      .isServing()
      .catch(() => false),
  );
}
