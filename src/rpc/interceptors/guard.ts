import { Metadata, type ServerInterceptor, status } from "@grpc/grpc-js";
import type { Clock } from "../../clock.ts";
import { ServiceError } from "../../errors.ts";
import type { Callers } from "../../identity/callers.ts";
import type { Identity } from "../../identity/identity.ts";
import { outsideText } from "../../license-file/outside-text.ts";
import type { Logger } from "../../log.ts";
import type { Connection } from "../connections/connection.ts";
import type { Connections } from "../connections/connections.ts";
import type { IdentityLimits } from "../limits/identity-limits.ts";
import type { Access } from "../roles.ts";
import { tooLarge } from "../service-definition.ts";
import { asServiceError, DETAILS_KEY, reasonOf, statusName, statusOf } from "../status.ts";
import type { CallObserver } from "./call-observer.ts";
import { type Ending, GuardedCall } from "./guarded-call.ts";
import { createRequestIds, REQUEST_ID_KEY } from "./request-id.ts";

/** What a {@link Guard} is made of. */
export interface GuardOptions {
  /** Who may call what, by path; see `roles.ts`. */
  readonly access: ReadonlyMap<string, Access>;
  readonly callers: Callers;
  readonly limits: IdentityLimits;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly log: Logger;
  /** Largest message that the connection takes, in bytes. */
  readonly maxMessageBytes: number;
  /** Paths whose good answers are logged at debug: thousands a second would drown the rest. */
  readonly quietPaths: ReadonlySet<string>;
  readonly observer: CallObserver;
}

/** Admits calls, writes one log line for each, and can end those that stay open. */
export class Guard {
  /** The interceptor to build the server with. */
  readonly interceptor: ServerInterceptor;
  readonly requestIds = createRequestIds();
  readonly log: Logger;
  readonly observer: CallObserver;
  readonly #options: GuardOptions;
  readonly #streams = new Set<GuardedCall>();
  #isStopping = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.log = options.log;
    this.observer = options.observer;
    this.interceptor = (method, call) =>
      new GuardedCall(this, call, method.path, method.responseStream || method.requestStream);
  }

  /**
   * Decides on a call by its metadata alone, and names the caller in it; `undefined`: the RPC is open to
   * anybody.
   *
   * @param authorization value of the call; `undefined`: it carries none.
   * @throws ServiceError TOKEN_MISSING, TOKEN_UNKNOWN, TOKEN_EXPIRED, CERTIFICATE_UNKNOWN, CERTIFICATE_EXPIRED,
   *   ROLE_NOT_ALLOWED, UNKNOWN_RPC; RATE_EXCEEDED, TOO_MANY_CALLS, TOO_MANY_CONNECTIONS; SHUTTING_DOWN for a new
   *   stream while the server stops.
   */
  admit(call: GuardedCall, authorization: string | undefined): void {
    if (call.isStream && this.#isStopping) throw shuttingDown();
    const connection = this.#options.connections.find(call.getConnectionInfo());
    call.connection = connection;
    const allowed = this.#options.access.get(call.path);
    if (allowed === "open") this.#admitAnybody(call, connection);
    else this.#admitKnown(call, connection, authorization, allowed);
    connection.admitted();
  }

  #admitAnybody(call: GuardedCall, { strangers: { open } }: Connection): void {
    open.begin(call.isStream, call.startedAtMs);
    call.usage = open;
  }

  #admitKnown(
    call: GuardedCall,
    connection: Connection,
    authorization: string | undefined,
    allowed: Exclude<Access, "open"> | undefined,
  ): void {
    const identity = this.#identify(call, connection, authorization);
    call.identity = identity;
    call.usage = this.#options.limits.begin(identity, connection, call.isStream, call.startedAtMs);
    // After the identity: a stranger does not learn which RPCs there are.
    if (allowed === undefined) throw unknownRpc(call.path);
    if (allowed !== "identity" && !allowed.includes(identity.role)) throw roleNotAllowed(identity, allowed);
  }

  #identify(call: GuardedCall, connection: Connection, authorization: string | undefined): Identity {
    const { callers, clock } = this.#options;
    const now = clock.now();
    const { latestCaller } = connection;
    if (latestCaller !== undefined && latestCaller.authorization === authorization) {
      if (callers.isTokenInForce(latestCaller.identity, now)) return latestCaller.identity;
    }
    try {
      const identity = callers.identify(authorization, connection.certificate, now);
      connection.latestCaller = authorization === undefined ? undefined : { authorization, identity };
      return identity;
    } catch (error) {
      const tooEarly = connection.strangers.refused(call.startedAtMs);
      if (tooEarly === undefined) throw error;
      connection.overdone();
      throw tooEarly;
    }
  }

  /** Takes note of a stream that stays open. */
  opened(call: GuardedCall): void {
    this.#streams.add(call);
  }

  /** Ends streams whose identity is so no more: token revoked, certificate without its role, either expired. */
  recheckStreams(): void {
    const { callers, clock } = this.#options;
    const now = clock.now();
    for (const call of this.#streams) {
      const refusal = call.identity && callers.refusalOf(call.identity, call.connection?.certificate, now);
      if (refusal !== undefined) call.refuse(refusal);
    }
  }

  /** Ends all streams, and every one that is opened from now on, with UNAVAILABLE / SHUTTING_DOWN. */
  stopStreams(): void {
    this.#isStopping = true;
    for (const call of this.#streams) call.refuse(shuttingDown());
  }

  /** An error of grpc-js's own gets a reason where ours has one, and the request id. */
  completed(ending: Ending, call: GuardedCall): Ending {
    const reasoned = this.#withReason(ending, call);
    const metadata = reasoned.metadata ?? new Metadata();
    metadata.set(REQUEST_ID_KEY, call.requestId);
    return { ...reasoned, metadata };
  }

  #withReason(ending: Ending, call: GuardedCall): Ending {
    if (ending.metadata?.get(DETAILS_KEY).length) return ending;
    if (ending.code === status.RESOURCE_EXHAUSTED) {
      return statusOf(tooLarge(this.#options.maxMessageBytes), call.requestId);
    }
    if (ending.code !== status.INTERNAL && ending.code !== status.UNKNOWN) return ending;
    return statusOf(this.defect(new Error(ending.details ?? "unknown"), call), call.requestId);
  }

  /** Logs a defect and answers what the caller may know of it. */
  defect(error: unknown, call: GuardedCall): ServiceError {
    this.log.error(
      { err: error, rpc: outsideText(call.path), requestId: call.requestId },
      "a call met a defect",
    );
    return asServiceError(error, call.requestId);
  }

  /** Writes the line of a call that has ended. */
  ended(call: GuardedCall, { code, metadata }: Ending): void {
    call.usage?.end(call.isStream);
    if (call.isStream) this.#streams.delete(call);
    const level = this.#levelOf(call, code ?? status.UNKNOWN);
    const reason = reasonOf(metadata);
    this.observer.ended(call, code ?? status.UNKNOWN, reason);
    if (!this.log.isLevelEnabled(level)) return;
    this.log[level](
      {
        rpc: outsideText(call.path),
        code: statusName(code ?? status.UNKNOWN),
        reason,
        ms: Math.round((performance.now() - call.startedAtMs) * 10) / 10,
        identity: call.identity && outsideText(call.identity.name),
        requestId: call.requestId,
      },
      "call",
    );
  }

  #levelOf(call: GuardedCall, code: status): "debug" | "info" | "error" {
    if (code === status.INTERNAL || code === status.UNKNOWN || code === status.DATA_LOSS) return "error";
    return code === status.OK && this.#options.quietPaths.has(call.path) ? "debug" : "info";
  }
}

function shuttingDown(): ServiceError {
  const message = "The server is stopping. Ask another node, or this one again later.";
  return new ServiceError("SHUTTING_DOWN", message, { retryAfterMs: 1000 });
}

function unknownRpc(path: string): ServiceError {
  return new ServiceError("UNKNOWN_RPC", `The server has no RPC "${outsideText(path)}".`);
}

function roleNotAllowed(identity: Identity, allowed: readonly string[]): ServiceError {
  return new ServiceError(
    "ROLE_NOT_ALLOWED",
    `A caller of role ${identity.role} may not call this RPC; it takes ${allowed.join(" or ")}.`,
    { metadata: { role: identity.role, allowed_roles: allowed.join(",") } },
  );
}
