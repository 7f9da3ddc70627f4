import type { CapabilityServers, Target } from "./capability-servers.ts";
import { type LoadReport, runH2load } from "./h2load.ts";
import { okCalls } from "./metrics.ts";
import { cpuSeconds } from "./process-facts.ts";

/** One round of one server. */
export interface Round {
  readonly callsPerSecond: number;
  /** Microseconds of the server's processor for a call. */
  readonly cpuMicros: number;
}

/** Latency in ms at a steady rate. */
export interface Latency {
  readonly name: string;
  readonly p50: number;
  readonly p99: number;
}

/** Connections, and calls at once on each: enough that the server is never idle. */
const CONNECTIONS = 4;
const CALLS_AT_ONCE = 25;

/** Calls of {@link startCapabilityServers} before any load. */
const CALLS_BEFORE = 1;

/** Loads either server and keeps count of what it sent to ours. */
export class CountedCalls {
  sent = 0;
  readonly #servers: CapabilityServers;

  constructor(servers: CapabilityServers) {
    this.#servers = servers;
  }

  /** @param callsPerSecond default: as fast as it goes. */
  async load(target: Target, calls: number, callsPerSecond?: number): Promise<LoadReport> {
    if (target === this.#servers.ours) this.sent += calls;
    const pace = callsPerSecond === undefined ? {} : { callsPerSecond };
    const { url, token } = target;
    return runH2load({ url, token, calls, connections: CONNECTIONS, callsAtOnce: CALLS_AT_ONCE, ...pace });
  }

  /** As fast as it goes. */
  async round(target: Target, calls: number): Promise<Round> {
    const before = await cpuSeconds(target.pid);
    const { callsPerSecond } = await this.load(target, calls);
    return { callsPerSecond, cpuMicros: (((await cpuSeconds(target.pid)) - before) / calls) * 1e6 };
  }

  /** At a steady rate, for some seconds. */
  async paced(target: Target, callsPerSecond: number, seconds: number): Promise<Latency> {
    const { latency } = await this.load(target, callsPerSecond * seconds, callsPerSecond);
    return { name: target.name, p50: latency?.p50 ?? Number.NaN, p99: latency?.p99 ?? Number.NaN };
  }

  /** @throws Error: some of the calls that our server got were not answered with OK. */
  async check(): Promise<void> {
    const counted = await okCalls(this.#servers.metrics, "LicenseService/GetLicenseCapabilities");
    if (counted - CALLS_BEFORE !== this.sent) {
      throw new Error(`${this.sent} calls were sent, the server counted ${counted - CALLS_BEFORE} good ones`);
    }
  }
}
