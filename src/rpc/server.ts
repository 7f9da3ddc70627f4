import { Server, ServerCredentials, type ServerOptions } from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import type { Callers } from "../identity/callers.ts";
import type { Logger } from "../log.ts";
import type { ListenAddress } from "../settings.ts";
import type { TlsFiles } from "../tls/tls-files.ts";
import { Connections } from "./connections/connections.ts";
import { Entrance } from "./connections/entrance.ts";
import { boundResets } from "./connections/reset-bound.ts";
import { addHealth, HEALTH_NAME, type Health } from "./health.ts";
import type { CallObserver } from "./interceptors/call-observer.ts";
import { Guard } from "./interceptors/guard.ts";
import { addLicenseService, LICENSE_SERVICE_NAME, type LicenseHandlers } from "./license-service.ts";
import { IdentityLimits, type IdentityLimitsOptions } from "./limits/identity-limits.ts";
import { addQuotaService, QUOTA_SERVICE_NAME, type QuotaHandlers } from "./quota-service.ts";
import { addReflection } from "./reflection.ts";
import { accessTable, QUIET_PATHS, type ReflectionMode } from "./roles.ts";
import { addTokenService, TOKEN_SERVICE_NAME, type TokenHandlers } from "./token-service.ts";
import { answerUnknownRpcs } from "./unknown-rpcs.ts";

/** What a {@link RpcServer} is made of. */
export interface RpcServerOptions {
  readonly handlers: LicenseHandlers;
  readonly tokenHandlers: TokenHandlers;
  readonly quotaHandlers: QuotaHandlers;
  readonly callers: Callers;
  /** What one identity may do. */
  readonly limits: IdentityLimitsOptions;
  /** Most connections in all. */
  readonly mostConnections: number;
  /** `undefined`: plaintext. */
  readonly tls: TlsFiles | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reflection: ReflectionMode;
  /** Largest package of an upload, in bytes. */
  readonly packageMaxBytes: number;
  /** Default: nobody looks. */
  readonly observer?: CallObserver;
}

/** Services that reflection names beside itself. */
const SERVICES = [LICENSE_SERVICE_NAME, QUOTA_SERVICE_NAME, TOKEN_SERVICE_NAME, HEALTH_NAME];

/** What a message may hold beside the package. */
const ENVELOPE_BYTES = 64 * 1024;

/** Streams that one connection may hold open at a time. A client that needs more opens another connection. */
const MOST_STREAMS = 1000;

/** The gRPC server of a node. */
export class RpcServer {
  readonly #server: Server;
  readonly #entrance: Entrance;
  readonly #connections: Connections;
  readonly #guard: Guard;
  readonly #health: Health;
  #isServing = false;
  #isDatabaseServing = true;
  readonly #log: Logger;

  constructor(options: RpcServerOptions) {
    const maxMessageBytes = options.packageMaxBytes + ENVELOPE_BYTES;
    const { log, tls } = options;
    this.#log = log;
    this.#connections = new Connections({ most: options.mostConnections, log });
    this.#guard = new Guard({
      access: accessTable(options.reflection),
      callers: options.callers,
      limits: new IdentityLimits(options.limits),
      connections: this.#connections,
      clock: options.clock,
      log,
      maxMessageBytes,
      quietPaths: QUIET_PATHS,
      observer: options.observer ?? { ended: () => undefined },
    });
    this.#server = new Server(serverOptions(this.#guard, maxMessageBytes));
    boundResets(this.#server);
    addLicenseService(this.#server, options.handlers);
    addTokenService(this.#server, options.tokenHandlers);
    addQuotaService(this.#server, options.quotaHandlers);
    this.#health = addHealth(this.#server);
    if (options.reflection !== "off") addReflection(this.#server, SERVICES);
    answerUnknownRpcs(this.#server);
    // Whether a connection is encrypted is decided at the entrance; what comes through speaks HTTP/2.
    const http2 = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#entrance = new Entrance({
      connections: this.#connections,
      tls,
      log,
      serve: (socket) => http2.injectConnection(socket),
    });
  }

  /**
   * Begins to serve.
   *
   * @returns the port, which the system chose if `address.port` is 0.
   * @throws StartupError "listen": the address is taken, not ours or not allowed.
   */
  async listen(address: ListenAddress): Promise<number> {
    const port = await this.#entrance.listen(address);
    this.#isServing = true;
    this.#tellHealth();
    return port;
  }

  /** Whether the database answers: without it reads of licenses go on from memory, tokens and usage cannot change. */
  setDatabaseServing(isServing: boolean): void {
    this.#isDatabaseServing = isServing;
    this.#tellHealth();
  }

  /** Ends streams whose identity is so no more: token revoked, certificate without its role, either expired. */
  recheckStreams(): void {
    this.#guard.recheckStreams();
  }

  /**
   * Stops serving: health says so, streams end with UNAVAILABLE / SHUTTING_DOWN, running calls may end.
   *
   * @param graceMs after this long, what still runs is cut off.
   */
  async stop(graceMs: number): Promise<void> {
    this.#isServing = false;
    this.#tellHealth();
    const closed = this.#entrance.close();
    this.#guard.stopStreams();
    const timer = setTimeout(() => {
      this.#log.warn({ graceMs }, "calls still run; they are cut off");
      this.#connections.destroyAll();
    }, graceMs);
    // It has connections end once their calls have ended, and does not wait for them.
    this.#server.tryShutdown(() => undefined);
    await closed;
    clearTimeout(timer);
  }

  #tellHealth(): void {
    this.#health.setServing("", this.#isServing);
    this.#health.setServing(LICENSE_SERVICE_NAME, this.#isServing);
    this.#health.setServing(TOKEN_SERVICE_NAME, this.#isServing && this.#isDatabaseServing);
    this.#health.setServing(QUOTA_SERVICE_NAME, this.#isServing && this.#isDatabaseServing);
  }
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
