import { Server, ServerCredentials, type ServerOptions } from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import { StartupError } from "../errors.ts";
import type { TokenTable } from "../identity/token-table.ts";
import { outsideText } from "../license-file/outside-text.ts";
import type { Logger } from "../log.ts";
import type { ListenAddress } from "../settings.ts";
import { addHealth, HEALTH_NAME, type Health } from "./health.ts";
import type { CallObserver } from "./interceptors/call-observer.ts";
import { Guard } from "./interceptors/guard.ts";
import { addLicenseService, LICENSE_SERVICE_NAME, type LicenseHandlers } from "./license-service.ts";
import { addReflection } from "./reflection.ts";
import { accessTable, QUIET_PATHS, type ReflectionMode } from "./roles.ts";
import { answerUnknownRpcs } from "./unknown-rpcs.ts";

/** What a {@link RpcServer} is made of. */
export interface RpcServerOptions {
  readonly handlers: LicenseHandlers;
  readonly tokens: TokenTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reflection: ReflectionMode;
  /** Largest package of an upload, in bytes. */
  readonly packageMaxBytes: number;
  /** Default: nobody looks. */
  readonly observer?: CallObserver;
}

/** What a message may hold beside the package. */
const ENVELOPE_BYTES = 64 * 1024;

/** Streams that one connection may hold open at a time. */
const MOST_STREAMS = 10_000;

/** The gRPC server of a node. */
export class RpcServer {
  readonly #server: Server;
  readonly #guard: Guard;
  readonly #health: Health;
  readonly #log: Logger;

  constructor(options: RpcServerOptions) {
    const maxMessageBytes = options.packageMaxBytes + ENVELOPE_BYTES;
    this.#log = options.log;
    this.#guard = new Guard({
      access: accessTable(options.reflection),
      tokens: options.tokens,
      clock: options.clock,
      log: options.log,
      maxMessageBytes,
      quietPaths: QUIET_PATHS,
      observer: options.observer ?? { ended: () => undefined },
    });
    this.#server = new Server(serverOptions(this.#guard, maxMessageBytes));
    addLicenseService(this.#server, options.handlers);
    this.#health = addHealth(this.#server);
    if (options.reflection !== "off") addReflection(this.#server, [LICENSE_SERVICE_NAME, HEALTH_NAME]);
    answerUnknownRpcs(this.#server);
  }

  /**
   * Begins to serve.
   *
   * @returns the port, which the system chose if `address.port` is 0.
   * @throws StartupError "listen": the address is taken, not ours or not allowed.
   */
  async listen(address: ListenAddress): Promise<number> {
    const target = addressText(address);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new StartupError("listen", `Cannot listen on ${target}: ${reasonOf(error)}.`, { cause: error }),
        );
    });
    const port = await promise;
    this.#health.setServing(true);
    return port;
  }

  /** Ends streams whose token was revoked or has expired. */
  recheckStreams(): void {
    this.#guard.recheckStreams();
  }

  /**
   * Stops serving: health says so, streams end with UNAVAILABLE / SHUTTING_DOWN, running calls may end.
   *
   * @param graceMs after this long, what still runs is cut off.
   */
  async stop(graceMs: number): Promise<void> {
    this.#health.setServing(false);
    this.#guard.stopStreams();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#log.warn({ graceMs }, "calls still run; they are cut off");
      this.#server.forceShutdown();
    }, graceMs);
    this.#server.tryShutdown(() => resolve());
    await promise;
    clearTimeout(timer);
  }
}

/** "host:port", with IPv6 addresses in brackets. */
export function addressText({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function serverOptions(guard: Guard, maxMessageBytes: number): ServerOptions {
  return {
    interceptors: [guard.interceptor],
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_concurrent_streams": MOST_STREAMS,
    // It keeps a record of every call and every connection, for a service that is not served here.
    "grpc.enable_channelz": 0,
    // A watcher that vanished without a goodbye is noticed by its silence.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 15_000,
  };
}

function reasonOf(error: Error): string {
  const code = /\b(E[A-Z]{3,})\b/.exec(error.message)?.[1] ?? "";
  return REASONS[code] ?? outsideText(error.message);
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there; stop it, or set LICENSE_LISTEN to another port",
  EADDRNOTAVAIL: "this machine does not have the address",
  EACCES: "this account may not use the port",
  ENOTFOUND: "the name is not known",
};
