import { randomBytes } from "node:crypto";
import type { PackageReading } from "../../license-file/read-package.ts";
import type { Logger } from "../../log.ts";
import { withPatience } from "../../snapshot/patience.ts";
import type { Timers } from "../../snapshot/timers.ts";
import type { UsbBus, UsbDevice } from "../bus/bus.ts";
import { DEFAULT_EXCHANGE_LIMITS, type ExchangeLimits } from "../protocol/limits.ts";
import { NONCE_BYTES, type UsbIds } from "../protocol/requests.ts";
import { type AgentTiming, DEFAULT_AGENT_TIMING } from "./agent-timing.ts";
import { DeviceReader } from "./device-reader.ts";
import { GoneKeys } from "./gone-keys.ts";
import { PortScanner, type ReadingProgress } from "./port-scanner.ts";
import { ProofCounters } from "./proof-counters.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { AgentReport, KeyAgent } from "./report.ts";
import { isSameButTimes } from "./same-report.ts";

/** What a {@link UsbAgent} works with. */
export interface UsbAgentOptions {
  /** `undefined`: the operator has turned the reading of USB keys off (AGENT_OFF). */
  readonly bus: UsbBus | undefined;
  /** Ids by which keys are told from other devices. */
  readonly ids: readonly UsbIds[];
  /** RFC 7638 thumbprint of the platform key, base64url. */
  readonly platformThumbprint: string;
  /** UUID. */
  readonly nodeId: string;
  /** Verifies what lies on a key. */
  readonly verify: (blob: Uint8Array) => Promise<PackageReading>;
  /** Keys that sign nothing count, with the public key that they declare. */
  readonly keysWithoutProof: boolean;
  readonly log: Logger;
  readonly timers: Timers;
  /** Milliseconds of a clock that nobody sets. Default: `performance.now`. */
  readonly monotonicMs?: () => number;
  /** Makes 32 bytes that were never used before. Default: random. */
  readonly nonce?: () => Uint8Array;
  /** From 0 up to 1, spreads the proofs of many keys. Default: `Math.random`. */
  readonly random?: () => number;
  /** Those to differ from {@link DEFAULT_AGENT_TIMING}. */
  readonly timing?: Partial<AgentTiming>;
  /** Those to differ from {@link DEFAULT_EXCHANGE_LIMITS}. */
  readonly limits?: Partial<ExchangeLimits>;
}

/** Devices that are looked at: no host has so many keys, and a hostile hub shows any number (threat 25). */
const MAX_DEVICES = 64;

/** Longest that {@link UsbAgent.scan} waits for devices: who asks for a scan waits no longer for one that is slow. */
const SCAN_PATIENCE_MS = 4_000;

/** Longest that {@link UsbAgent.close} waits for running exchanges: a device that hangs does not hold up a stop. */
const CLOSE_PATIENCE_MS = 2_000;

const AGENT_OFF: AgentReport["unavailable"] = {
  reason: "AGENT_OFF",
  message:
    "The reading of USB keys is turned off on this node: no USB keys are read on it, everything else is served. Turn it on in the node's settings, or plug keys into another node.",
};

/** Finds USB keys in the ports of this host, reads them, and lets each prove every minute that it is there. */
export class UsbAgent implements KeyAgent {
  readonly #ids: readonly UsbIds[];
  readonly #timers: Timers;
  readonly #log: Logger;
  readonly #monotonicMs: () => number;
  readonly #context: ReaderContext;
  readonly #ports: PortScanner | undefined;
  readonly #readers = new Map<string, DeviceReader>();
  readonly #gone: GoneKeys;
  readonly #listeners = new Set<() => void>();
  /** Readers of devices that were pulled, until their last exchange has ended. */
  readonly #ending = new Set<Promise<void>>();
  #told: AgentReport;
  #isTooManyTold = false;
  #isClosed = false;

  /** Begins to look. */
  constructor(options: UsbAgentOptions) {
    const timing = { ...DEFAULT_AGENT_TIMING, ...options.timing };
    this.#ids = options.ids;
    this.#timers = options.timers;
    this.#log = options.log;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#gone = new GoneKeys(timing.goneMs);
    this.#context = this.#contextOf(options, timing);
    this.#ports = options.bus && this.#portsOf(options.bus);
    this.#told = this.report();
    this.#ports?.start();
  }

  /** See {@link KeyAgent.report}. */
  report(): AgentReport {
    return {
      unavailable: this.#ports === undefined ? AGENT_OFF : this.#ports.unavailable,
      scannedMs: this.#ports?.scannedMs,
      devices: [...this.#readers.values()].map((reader) => reader.report()),
      gone: this.#gone.list(this.#monotonicMs()),
    };
  }

  /** See {@link KeyAgent.subscribe}. */
  subscribe(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** See {@link KeyAgent.scan}; it is waited for no longer than 4 s, and goes on. */
  async scan(): Promise<void> {
    if (this.#ports === undefined || this.#isClosed) return;
    await withPatience(this.#timers, SCAN_PATIENCE_MS, this.#scan(this.#ports)).catch(() => undefined);
  }

  /** See {@link KeyAgent.raiseMark}. */
  async raiseMark(keyId: string, mark: number): Promise<void> {
    const readers = [...this.#readers.values()].filter((reader) => reader.report().key?.keyId === keyId);
    await Promise.all(readers.map((reader) => reader.raiseMark(mark)));
  }

  /** See {@link KeyAgent.close}. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    const readers = [...this.#readers.values()].map((reader) => reader.close());
    const ended = Promise.all([this.#ports?.close(), ...readers, ...this.#ending]);
    await withPatience(this.#timers, CLOSE_PATIENCE_MS, ended).catch(() => undefined);
  }

  async #scan(ports: PortScanner): Promise<void> {
    const sinceMs = this.#monotonicMs();
    await ports.scan();
    if (this.#isClosed || ports.unavailable !== undefined) return;
    await Promise.all([...this.#readers.values()].map((reader) => reader.look(sinceMs)));
  }

  #contextOf(options: UsbAgentOptions, timing: AgentTiming): ReaderContext {
    const { platformThumbprint, nodeId, keysWithoutProof, verify, timers, log } = options;
    return {
      platformThumbprint,
      nodeId,
      keysWithoutProof,
      verify,
      nonce: options.nonce ?? (() => randomBytes(NONCE_BYTES)),
      random: options.random ?? Math.random,
      counters: new ProofCounters(),
      limits: { ...DEFAULT_EXCHANGE_LIMITS, monotonicMs: this.#monotonicMs, ...options.limits },
      timing,
      timers,
      monotonicMs: this.#monotonicMs,
      log,
      isBlind: () => this.#ports?.unavailable !== undefined,
      onChange: () => this.#changed(),
      onGone: () => this.#ports?.hint(),
      onReplaced: (device) => this.#gone.add(device, this.#monotonicMs()),
    };
  }

  #portsOf(bus: UsbBus): PortScanner {
    const { timing, timers, monotonicMs, log } = this.#context;
    return new PortScanner({
      bus,
      timing,
      timers,
      monotonicMs,
      log,
      onListed: (devices, atMs, hintedMs) => this.#listed(devices, atMs, hintedMs),
      progress: () => this.#progress(),
      onChange: () => this.#changed(),
    });
  }

  #progress(): ReadingProgress {
    const readers = [...this.#readers.values()];
    return {
      isRead: readers.every(({ isDecided }) => isDecided),
      hasProof: readers.some((reader) => reader.report().isProven),
    };
  }

  #listed(devices: readonly UsbDevice[], atMs: number, hintedMs: number | undefined): void {
    const found = this.#onlyKeys(devices);
    for (const [id, reader] of [...this.#readers]) if (!found.has(id)) this.#forget(id, reader, hintedMs);
    for (const device of found.values()) this.#see(device, atMs);
  }

  /** Those that are known already come first, so that no flood of others takes their place. */
  #onlyKeys(devices: readonly UsbDevice[]): ReadonlyMap<string, UsbDevice> {
    const isKey = ({ vendorId, productId }: UsbDevice) =>
      this.#ids.some((ids) => ids.vendorId === vendorId && ids.productId === productId);
    const keys = devices.filter(isKey);
    const known = keys.filter(({ id }) => this.#readers.has(id));
    const others = keys.filter(({ id }) => !this.#readers.has(id));
    if (keys.length > MAX_DEVICES) this.#tellTooMany(keys.length);
    return new Map([...known, ...others].slice(0, MAX_DEVICES).map((device) => [device.id, device]));
  }

  #see(device: UsbDevice, atMs: number): void {
    const known = this.#readers.get(device.id);
    if (known !== undefined) {
      known.seen(atMs);
      return;
    }
    const reader = new DeviceReader(device, atMs, this.#context);
    this.#readers.set(device.id, reader);
    void reader.look();
  }

  #forget(id: string, reader: DeviceReader, hintedMs: number | undefined): void {
    const device = reader.report();
    const seenMs = Math.max(device.seenMs, hintedMs ?? device.seenMs);
    this.#readers.delete(id);
    this.#gone.add({ ...device, seenMs }, this.#monotonicMs());
    const ending = reader.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #changed(): void {
    if (this.#isClosed) return;
    this.#ports?.reconsider();
    const report = this.report();
    const isSame = isSameButTimes(report, this.#told);
    this.#told = report;
    if (isSame) return;
    for (const listener of [...this.#listeners]) listener();
  }

  #tellTooMany(count: number): void {
    if (this.#isTooManyTold) return;
    this.#isTooManyTold = true;
    this.#log.warn(
      { devices: count },
      `more than ${MAX_DEVICES} devices look like USB keys; only ${MAX_DEVICES} of them are read. Pull those that are none.`,
    );
  }
}
