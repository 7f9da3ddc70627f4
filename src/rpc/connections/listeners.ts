import { lookup } from "node:dns/promises";
import { createServer, isIP, type Server, type Socket } from "node:net";
import { addressText } from "../../address-text.ts";
import { listenFailure } from "../../listen-failure.ts";
import type { ListenAddress } from "../../settings.ts";

/** The sockets that listen, one for each address that the host's name has. */
export class Listeners {
  readonly #accept: (socket: Socket) => void;
  readonly #servers: Server[] = [];

  /** @param accept is handed every connection. */
  constructor(accept: (socket: Socket) => void) {
    this.#accept = accept;
  }

  /**
   * Begins to listen.
   *
   * @returns the port, which the system chose if `address.port` is 0.
   * @throws StartupError "listen": the address is taken, not ours or not allowed.
   */
  async listen(address: ListenAddress): Promise<number> {
    try {
      return await this.#listenOnAll(await addressesOf(address.host), address.port);
    } catch (error) {
      await this.close();
      throw listenFailure(error, addressText(address), "LICENSE_LISTEN");
    }
  }

  /** Accepts no more, and frees the port at once. Resolves when every connection has ended, by whomever. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(closeServer));
  }

  /** "localhost" often has an IPv6 address on machines that have none: one that answers is enough. */
  async #listenOnAll(hosts: readonly string[], port: number): Promise<number> {
    let bound: number | undefined;
    let missing: unknown;
    for (const host of hosts) {
      try {
        bound = await this.#listenOn(host, bound ?? port);
      } catch (error) {
        if (!isMissing(error)) throw error;
        missing = error;
      }
    }
    if (bound === undefined) throw missing;
    return bound;
  }

  #listenOn(host: string, port: number): Promise<number> {
    const server = createServer({ noDelay: true }, this.#accept);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      this.#servers.push(server);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
    return promise;
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
