import type { Logger } from "../../log.ts";
import { systemTimers, type Timers } from "../../snapshot/timers.ts";
import { StrangerUsage } from "../limits/stranger-usage.ts";
import { UsageTable } from "../limits/usage-table.ts";
import { addressKey } from "./address-key.ts";
import { Connection, type Destroyable } from "./connection.ts";
import { type ConnectionEnds, ConnectionIndex } from "./connection-index.ts";
import { RareLine } from "./rare-line.ts";

/** What {@link Connections} are held to. */
export interface ConnectionsOptions {
  /** Most connections in all. */
  readonly most: number;
  readonly log: Logger;
  /** Most of one remote address that have not made an admitted call yet. Default: 500. */
  readonly mostUnidentified?: number;
  /** Milliseconds in which a connection has to make its first admitted call. Default: 10,000. */
  readonly identifyMs?: number;
  /** Default: the process's. */
  readonly timers?: Timers;
}

/** A host that connects again after a restart comes with all its clients at once. */
const MOST_UNIDENTIFIED = 500;

/** Also the longest time that a TLS handshake may take. */
export const IDENTIFY_MS = 10_000;

/** What is asked of a socket; that of TLS lies above it. */
export interface AcceptedSocket extends ConnectionEnds, Destroyable {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
}

/** All connections that are open, and which are let in. */
export class Connections {
  readonly #options: Required<ConnectionsOptions>;
  readonly #index = new ConnectionIndex();
  readonly #open = new Set<Connection>();
  readonly #strangers = new UsageTable((nowMs) => new StrangerUsage(nowMs));
  readonly #tooMany: RareLine;
  readonly #silent: RareLine;
  /** Stands in for one that is gone while its last calls are still handed out. */
  readonly #gone = new Connection(new StrangerUsage(performance.now()), undefined);

  constructor(options: ConnectionsOptions) {
    this.#options = {
      mostUnidentified: MOST_UNIDENTIFIED,
      identifyMs: IDENTIFY_MS,
      timers: systemTimers,
      ...options,
    };
    this.#gone.closed();
    this.#tooMany = new RareLine(options.log, "there are too many connections; new ones are closed");
    this.#silent = new RareLine(options.log, "a connection that made no admitted call was closed");
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Takes in a socket that was just accepted. `false`: it was closed instead. */
  accept(socket: AcceptedSocket): boolean {
    const { remoteAddress } = socket;
    const address = remoteAddress === undefined ? "" : addressKey(remoteAddress);
    const strangers = this.#strangers.of(address, performance.now());
    const limit = this.#limitMet(strangers);
    if (limit !== undefined || remoteAddress === undefined || socket.destroyed) {
      if (limit !== undefined) this.#tooMany.happened({ limit, address });
      socket.destroy();
      return false;
    }
    this.#add(socket, strangers, address);
    return true;
  }

  /** The connection of a call, or of the TLS above it. */
  find(ends: ConnectionEnds): Connection {
    return this.#index.get(ends) ?? this.#gone;
  }

  /** Ends those that have not come as far as HTTP/2, of which nobody else knows. */
  destroyUnserved(): void {
    for (const connection of this.#open) if (!connection.isServed) connection.destroy();
  }

  /** Ends all of them at once. */
  destroyAll(): void {
    for (const connection of this.#open) connection.destroy();
  }

  #limitMet(strangers: StrangerUsage): string | undefined {
    const { most, mostUnidentified } = this.#options;
    if (this.#open.size >= most) return `${most} in all (LICENSE_CONNECTIONS)`;
    return strangers.unidentified >= mostUnidentified
      ? `${mostUnidentified} of one address before their first admitted call`
      : undefined;
  }

  #add(socket: AcceptedSocket, strangers: StrangerUsage, address: string): void {
    // A socket that was closed does not name its ends any more.
    const { localAddress, remoteAddress, remotePort } = socket;
    const ends = { localAddress, remoteAddress, remotePort };
    const connection = new Connection(strangers, socket);
    const { timers, identifyMs } = this.#options;
    const timer = timers.after(identifyMs, () => {
      if (connection.isAdmitted) return;
      this.#silent.happened({ address });
      connection.destroy();
    });
    this.#open.add(connection);
    this.#index.set(ends, connection);
    socket.once("close", () => {
      timer.cancel();
      this.#open.delete(connection);
      this.#index.delete(ends, connection);
      connection.closed();
    });
  }
}
