import { ServiceError } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Connection } from "../connections/connection.ts";
import { Usage, type UsageLimits } from "./usage.ts";
import { UsageTable } from "./usage-table.ts";

/** What one identity may do, on all its connections together. */
export interface IdentityLimitsOptions extends UsageLimits {
  /** Connections that carry its calls. */
  readonly connectionsPerIdentity: number;
}

/** Counts the calls of every identity against what one may do. */
export class IdentityLimits {
  readonly #usages: UsageTable<Usage>;
  readonly #mostConnections: number;

  constructor(options: IdentityLimitsOptions) {
    this.#usages = new UsageTable((nowMs) => new Usage(options, nowMs));
    this.#mostConnections = options.connectionsPerIdentity;
  }

  /**
   * Counts a call that begins.
   *
   * @param nowMs by a clock that never runs back.
   * @returns what it was counted in, to be ended with the call.
   * @throws ServiceError RATE_EXCEEDED, TOO_MANY_CALLS, TOO_MANY_CONNECTIONS.
   */
  begin(identity: Identity, connection: Connection, isStream: boolean, nowMs: number): Usage {
    const usage = this.#usages.of(identity.id, nowMs);
    usage.begin(isStream, nowMs);
    if (!connection.carry(usage, this.#mostConnections)) {
      usage.end(isStream);
      throw tooManyConnections(this.#mostConnections);
    }
    return usage;
  }
}

function tooManyConnections(most: number): ServiceError {
  return new ServiceError(
    "TOO_MANY_CONNECTIONS",
    `One caller may use ${most} connections at once, and does. Call over those that are open, or close some.`,
    { metadata: { connections: String(most) } },
  );
}
