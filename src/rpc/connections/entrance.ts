import type { Socket } from "node:net";
import type { Logger } from "../../log.ts";
import type { ListenAddress } from "../../settings.ts";
import type { TlsFiles } from "../../tls/tls-files.ts";
import type { Connections } from "./connections.ts";
import { Listeners } from "./listeners.ts";
import { TlsLayer } from "./tls-layer.ts";

/** What an {@link Entrance} is made of. */
export interface EntranceOptions {
  readonly connections: Connections;
  /** `undefined`: plaintext. */
  readonly tls: TlsFiles | undefined;
  readonly log: Logger;
  /** Is handed every connection that may speak HTTP/2. */
  readonly serve: (socket: Socket) => void;
}

/** The way in: listens, lets connections in or turns them away, and has those that come in by TLS shake hands. */
export class Entrance {
  readonly #options: EntranceOptions;
  readonly #listeners = new Listeners((socket) => this.#accepted(socket));
  readonly #tls: TlsLayer | undefined;
  #isClosed = false;

  constructor(options: EntranceOptions) {
    const { tls: files, connections, log } = options;
    this.#options = options;
    const serve = (socket: Socket) => this.#serve(socket);
    this.#tls = files && new TlsLayer({ files, connections, log, serve });
  }

  /**
   * Begins to listen.
   *
   * @returns the port, which the system chose if `address.port` is 0.
   * @throws StartupError "listen": the address is taken, not ours or not allowed.
   */
  listen(address: ListenAddress): Promise<number> {
    return this.#listeners.listen(address);
  }

  /**
   * Lets nobody in any more, and turns away those who still shake hands; who is in stays. Resolves when every
   * connection has ended, by whomever.
   */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#options.connections.destroyUnserved();
    return this.#listeners.close();
  }

  #accepted(socket: Socket): void {
    // It is told to whom it matters by the "close" that follows; an error without a listener ends the process.
    socket.on("error", () => undefined);
    if (!this.#options.connections.accept(socket)) return;
    if (this.#tls === undefined) this.#serve(socket);
    else this.#tls.take(socket);
  }

  #serve(socket: Socket): void {
    if (this.#isClosed) {
      socket.destroy();
      return;
    }
    this.#options.connections.find(socket).isServed = true;
    this.#options.serve(socket);
  }
}
