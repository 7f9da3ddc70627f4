import { outsideText } from "../../license-file/outside-text.ts";
import type { Logger } from "../../log.ts";
import { singleFlight } from "../../snapshot/single-flight.ts";
import type { Timer, Timers } from "../../snapshot/timers.ts";
import { type UsbBus, type UsbDevice, UsbFault } from "../bus/bus.ts";
import type { AgentTiming } from "./agent-timing.ts";
import { PatientCalls } from "./patient-calls.ts";
import type { AgentReport } from "./report.ts";

/** What a {@link PortScanner} works with. */
export interface PortScannerOptions {
  readonly bus: UsbBus;
  readonly timing: AgentTiming;
  readonly timers: Timers;
  readonly monotonicMs: () => number;
  readonly log: Logger;
  /**
   * The ports were listed, also while they settle; `atMs` is when that began, `hintedMs` the first hint that led
   * to it: what is not there any more was there until then. `undefined`: there was no hint.
   */
  readonly onListed: (devices: readonly UsbDevice[], atMs: number, hintedMs: number | undefined) => void;
  /** How far the devices that were listed are read. */
  readonly progress: () => ReadingProgress;
  /** Ports that could not be listed can be, or the other way. */
  readonly onChange: () => void;
}

/** How far devices are read. */
export interface ReadingProgress {
  /** Each was read, or it is known that it cannot be. */
  readonly isRead: boolean;
  /** A key among them has proven that it is there. */
  readonly hasProof: boolean;
}

/**
 * Lists the ports: at the start until they have settled, then after each event and every few seconds. Says once
 * that they cannot be listed, and once that they can again (UK-NO-1).
 */
export class PortScanner {
  readonly #options: PortScannerOptions;
  readonly #calls: PatientCalls;
  readonly #listOnce: () => Promise<void>;
  readonly #unwatch: () => void;
  /** Those who wait for a completed scan. */
  #waiting: (() => void)[] = [];
  #unavailable: AgentReport["unavailable"];
  /** The host said that it has no USB: that rarely changes. */
  #hasNoUsb = false;
  #listedMs: number | undefined;
  #scannedMs: number | undefined;
  /** The first listing that succeeded since the start, or since the last one that failed. */
  #firstMs: number | undefined;
  /** No scan was complete since then. */
  #isSettling = true;
  #next: Timer | undefined;
  #burst: Timer | undefined;
  /** First hint that no listing has followed yet. */
  #hintedMs: number | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** Watches the ports; {@link start} begins to list them. */
  constructor(options: PortScannerOptions) {
    this.#options = options;
    this.#calls = new PatientCalls(options.timers);
    this.#listOnce = singleFlight(() => this.#list());
    this.#unwatch = options.bus.watch(() => this.hint());
  }

  /** Why the ports cannot be listed; `undefined`: they can, as far as known. */
  get unavailable(): AgentReport["unavailable"] {
    return this.#unavailable;
  }

  /** The last completed scan; `undefined`: none yet. Only it shows that something is absent (UK-BU-9). */
  get scannedMs(): number | undefined {
    return this.#scannedMs;
  }

  /** Begins. */
  start(): void {
    void this.#listNow();
  }

  /** Lists the ports now; resolves once that scan is complete, which includes settling, or is impossible. */
  async scan(): Promise<void> {
    await this.#listNow();
    if (this.#isClosed || this.#unavailable !== undefined || !this.#isSettling) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Something may have changed: lists the ports soon, once for all hints of a burst. */
  hint(): void {
    if (this.#isClosed || this.#burst !== undefined) return;
    const { timers, timing, monotonicMs } = this.#options;
    this.#hintedMs ??= monotonicMs();
    this.#burst = timers.after(timing.burstMs, () => {
      this.#burst = undefined;
      void this.#listNow();
    });
  }

  /** Devices were read: a scan may be complete by that. */
  reconsider(): void {
    if (this.#isSettling && this.#listedMs !== undefined && this.#isSettled(this.#listedMs)) {
      this.#complete(this.#listedMs);
    }
  }

  /** Ends the scans; resolves once the listing that runs has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch();
    this.#next?.cancel();
    this.#burst?.cancel();
    this.#release();
    await this.#running;
  }

  #listNow(): Promise<void> {
    const listing = this.#listOnce();
    this.#running = listing;
    return listing;
  }

  async #list(): Promise<void> {
    if (this.#isClosed) return;
    this.#next?.cancel();
    const atMs = this.#options.monotonicMs();
    const hintedMs = this.#hintedMs;
    this.#hintedMs = undefined;
    const devices = await this.#tryList();
    if (this.#isClosed) return;
    if (devices !== undefined) this.#listed(devices, atMs, hintedMs);
    this.#next = this.#options.timers.after(this.#delayMs(), () => void this.#listNow());
  }

  async #tryList(): Promise<readonly UsbDevice[] | undefined> {
    const { bus, timing } = this.#options;
    try {
      this.#calls.requireIdle();
      return await this.#calls.make(timing.patienceMs, async () => bus.list());
    } catch (error) {
      if (!this.#isClosed) this.#fail(error);
      return undefined;
    }
  }

  #listed(devices: readonly UsbDevice[], atMs: number, hintedMs: number | undefined): void {
    const { onListed, onChange, log } = this.#options;
    if (this.#unavailable !== undefined) log.info("the USB ports can be read again");
    this.#unavailable = undefined;
    this.#hasNoUsb = false;
    this.#firstMs ??= atMs;
    this.#listedMs = atMs;
    onListed(devices, atMs, hintedMs);
    if (!this.#isSettling || this.#isSettled(atMs)) this.#complete(atMs);
    onChange();
  }

  #complete(atMs: number): void {
    this.#scannedMs = atMs;
    this.#isSettling = false;
    this.#release();
  }

  #fail(error: unknown): void {
    const { log, onChange } = this.#options;
    const unavailable = unavailableBy(error);
    this.#hasNoUsb = error instanceof UsbFault && error.kind === "NO_USB_SUPPORT";
    // That a host has no USB is no failure, and has no stack to look at.
    const details = this.#hasNoUsb ? {} : { err: error };
    if (this.#unavailable?.reason !== unavailable.reason) log.info(details, unavailable.message);
    this.#unavailable = unavailable;
    this.#firstMs = undefined;
    this.#isSettling = true;
    this.#release();
    onChange();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Whether a listing shows what is absent: nothing is enumerated any more, and what is there was read. */
  #isSettled(atMs: number): boolean {
    if (this.#firstMs === undefined) return false;
    const { timing, progress } = this.#options;
    const { isRead, hasProof } = progress();
    const passedMs = atMs - this.#firstMs;
    return (hasProof || passedMs >= timing.settleMs) && (isRead || passedMs >= timing.firstReadMs);
  }

  #delayMs(): number {
    const { timing, monotonicMs } = this.#options;
    if (this.#hasNoUsb) return timing.withoutUsbMs;
    if (this.#firstMs === undefined || !this.#isSettling) return timing.pollMs;
    const leftMs = this.#firstMs + timing.settleMs - monotonicMs();
    return leftMs > 0 ? Math.min(leftMs, timing.settleStepMs) : timing.settleStepMs;
  }
}

function unavailableBy(error: unknown): NonNullable<AgentReport["unavailable"]> {
  const kind = error instanceof UsbFault ? error.kind : undefined;
  const detail = outsideText(error instanceof Error ? error.message : String(error), 200);
  if (kind === "NO_PERMISSION") {
    return {
      reason: "NO_PERMISSION",
      message: `The service may not list the USB ports of this host (${detail}): no USB keys are read on it, everything else is served. Give the service's user access to the USB ports; they are tried again by themselves.`,
    };
  }
  if (kind === "NO_USB_SUPPORT") {
    return {
      reason: "NO_USB_SUPPORT",
      message:
        "This host has no USB: no USB keys are read on it, everything else is served. Plug keys into another node, or give this host USB support; its ports are tried again by themselves.",
    };
  }
  return {
    reason: "NO_USB_SUPPORT",
    message: `The USB ports of this host cannot be listed (${detail}): no USB keys are read on it, everything else is served. Plug keys into another node, or give this host USB support; its ports are tried again by themselves.`,
  };
}
