/**
 * Serves metrics over plain HTTP, apart from the gRPC port. Nobody who asks is known, so it answers one
 * question only, and what it holds open for a slow scraper is bounded.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { addressText } from "../address-text.ts";
import { listenFailure } from "../listen-failure.ts";
import type { Logger } from "../log.ts";
import type { ListenAddress } from "../settings.ts";
import type { MetricsText } from "./metrics.ts";

/** What a {@link MetricsServer} is made of. */
export interface MetricsServerOptions {
  readonly address: ListenAddress;
  readonly read: () => Promise<MetricsText>;
  readonly log: Logger;
}

/** Scrapers are few; further connections are closed at once. */
const MOST_CONNECTIONS = 16;

/** A request must have arrived within this, and a connection that moves no byte for so long is closed. */
const PATIENCE_MS = 10_000;

/** The HTTP server of the metrics. */
export class MetricsServer {
  readonly #server: Server;
  readonly #host: string;

  /**
   * Begins to listen.
   *
   * @throws StartupError "listen": the address is taken, not ours or not allowed.
   */
  static async start(options: MetricsServerOptions): Promise<MetricsServer> {
    const { address, read, log } = options;
    const limits = {
      requestTimeout: PATIENCE_MS,
      headersTimeout: PATIENCE_MS,
      connectionsCheckingInterval: PATIENCE_MS / 10,
      maxHeaderSize: 8 * 1024,
    };
    const server = createServer(limits, (request, response) => void answer(request, response, read, log));
    server.maxConnections = MOST_CONNECTIONS;
    server.timeout = PATIENCE_MS;
    server.listen(address.port, address.host);
    try {
      await once(server, "listening");
    } catch (error) {
      throw listenFailure(error, addressText(address), "LICENSE_METRICS_LISTEN");
    }
    server.on("error", (error) => log.warn({ err: error }, "the metrics server met an error"));
    return new MetricsServer(server, address.host);
  }

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** "host:port" that it listens on. */
  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return addressText({ host: this.#host, port });
  }

  /** Stops listening and closes what is open. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  read: () => Promise<MetricsText>,
  log: Logger,
): Promise<void> {
  const path = request.url?.split("?", 1)[0];
  if (path !== "/metrics") return refuse(response, 404, "Metrics are at /metrics.");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return refuse(response, 405, "Ask by GET.");
  }
  try {
    const { contentType, text } = await read();
    response.writeHead(200, { "content-type": contentType, "content-length": Buffer.byteLength(text) });
    response.end(request.method === "HEAD" ? undefined : text);
  } catch (error) {
    log.error({ err: error }, "the metrics could not be read");
    refuse(response, 500, "The metrics could not be read; the log of the service says why.");
  }
}

/** A body that was sent with the request is not read: the connection ends with the answer. */
function refuse(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { "content-type": "text/plain; charset=utf-8", connection: "close" });
  response.end(`${text}\n`);
}
