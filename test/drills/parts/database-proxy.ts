/** The address by which servers reach "the database", whichever cluster that is now: what a virtual address or a proxy is in production. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { SOCKET_NAME } from "../../../src/store/embedded/place.ts";
import type { Teardown } from "../../helpers/rpc-service.ts";
import type { DrillCluster } from "./cluster.ts";

/** A TCP port in front of a cluster. */
export interface DatabaseProxy {
  /** Connection string of a database by way of this port. Holds the secret. */
  url(database: string): string;
  /** From now on leads there; connections to the former cluster are cut. */
  pointTo(cluster: DrillCluster): void;
}

/** Opens a port on loopback. */
export async function openDatabaseProxy(t: Teardown, first: DrillCluster): Promise<DatabaseProxy> {
  let target = first;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket, peer: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      peer.destroy();
    });
  };
  const listener = createServer((client) => {
    const server = connect(`${target.place.socketDirectory}/${SOCKET_NAME}`);
    keep(client, server);
    keep(server, client);
    client.pipe(server).pipe(client);
  });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  await once(listener.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => {
    listener.close();
    cut();
  });
  const { port } = listener.address() as AddressInfo;
  return {
    url(database) {
      const url = new URL(first.url(database));
      url.port = String(port);
      url.searchParams.set("host", "127.0.0.1");
      return url.href;
    },
    pointTo(cluster) {
      target = cluster;
      cut();
    },
  };
}
