/** A way to the database that lets everything pass but LISTEN: a pooler that swallows notifications, at its worst. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import type { Teardown } from "../../helpers/rpc-service.ts";

/** A route of {@link openDeafNetwork}. */
export interface DeafNetwork {
  /** URL of the same database by way of this network. */
  readonly url: string;
  /** How many connections were cut because they asked to listen. */
  cuts(): number;
}

/**
 * Opens a network to the database at `url`, a Unix socket. A connection that asks to listen is cut before the
 * database sees it. Ends with the bench.
 */
export async function openDeafNetwork(t: Teardown, url: string): Promise<DeafNetwork> {
  const target = new URL(url);
  const path = `${target.searchParams.get("host")}/.s.PGSQL.${target.port}`;
  let cuts = 0;
  const listener = createServer((client) => {
    const server = connect(path);
    client.on("data", (bytes) => {
      if (/\blisten\b/i.test(bytes.toString("latin1"))) {
        cuts += 1;
        client.destroy();
      } else server.write(bytes);
    });
    server.on("data", (bytes) => client.write(bytes));
    client.on("close", () => server.destroy()).on("error", () => server.destroy());
    server.on("close", () => client.destroy()).on("error", () => client.destroy());
  });
  await once(listener.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => void listener.close());
  target.port = String((listener.address() as AddressInfo).port);
  target.searchParams.set("host", "127.0.0.1");
  return { url: target.href, cuts: () => cuts };
}
