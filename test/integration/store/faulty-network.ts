/** A network between pool and database that fails at the worst moments. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { ExecutionContext } from "ava";

/** A way to the database that can fail. */
export interface FaultyNetwork {
  /** URL of the same database by way of this network. */
  readonly url: string;
  /** From now on, when a COMMIT arrives: passes it on, and cuts the client before the answer. */
  cutAfterCommit(): void;
  /** The connections of now fall silent: nothing passes, nothing ends. Later ones work. */
  silence(): void;
  /** Cuts every connection and refuses new ones, until {@link repair}. */
  cut(): Promise<void>;
  repair(): Promise<void>;
}

/** Opens a network to the database at `url`, a Unix socket; it ends with the test. */
export async function openFaultyNetwork(t: ExecutionContext, url: string): Promise<FaultyNetwork> {
  const target = new URL(url);
  const path = `${target.searchParams.get("host")}/.s.PGSQL.${target.port}`;
  const links = new Set<{ client: Socket; server: Socket }>();
  let isCuttingAfterCommit = false;
  const listener = createServer((client) => {
    const server = connect(path);
    const link = { client, server };
    links.add(link);
    client.on("data", (bytes) => {
      if (isCuttingAfterCommit && bytes.includes("COMMIT;")) cutBeforeAnswer(link);
      server.write(bytes);
    });
    server.on("data", (bytes) => client.write(bytes));
    for (const [end, otherEnd] of [
      [client, server],
      [server, client],
    ] as const) {
      end.on("error", () => {});
      end.on("close", () => {
        links.delete(link);
        otherEnd.destroy();
      });
    }
  });
  await listen(listener, 0);
  const { port } = listener.address() as AddressInfo;
  const cut = async () => {
    const isClosed = listener.listening ? once(listener.close(), "close") : undefined;
    for (const { client } of links) client.destroy();
    await isClosed;
  };
  t.teardown(cut);
  target.port = String(port);
  target.searchParams.set("host", "127.0.0.1");
  return {
    url: target.href,
    cutAfterCommit: () => {
      isCuttingAfterCommit = true;
    },
    silence: () => {
      for (const { client, server } of links) {
        client.pause();
        server.pause();
      }
    },
    cut,
    repair: () => listen(listener, port),
  };
}

function cutBeforeAnswer({ client, server }: { client: Socket; server: Socket }): void {
  server.removeAllListeners("data");
  server.once("data", () => client.destroy());
}

async function listen(listener: Server, port: number): Promise<void> {
  await once(listener.listen(port, "127.0.0.1"), "listening");
}
