import type { DeviceProblem } from "../../domain/usb/sights.ts";
import { singleFlight } from "../../snapshot/single-flight.ts";
import type { Timer } from "../../snapshot/timers.ts";
import { type UsbDevice, UsbFault } from "../bus/bus.ts";
import { raiseMark } from "../protocol/exchange.ts";
import { DeviceLink } from "./device-link.ts";
import { deviceProblemOf } from "./device-problem.ts";
import { Failures } from "./failures.ts";
import { isSameKnownKey, type KnownKey, knownKeyOf } from "./known-key.ts";
import { lookAtKey, type Presence } from "./look-at-key.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { SeenDevice } from "./report.ts";

/** Part of the time between two proofs that chance may take away. */
const JITTER = 0.1;

/** Whether a key is there, as the last looks that count came out. */
type Standing = Pick<SeenDevice, "isProven" | "provedMs" | "mark" | "problem">;

const NOT_LOOKED_AT: Standing = { isProven: false, provedMs: undefined, mark: undefined, problem: undefined };

/**
 * Reads one device for as long as it stays, beside all others: at once, every minute, and again after a failure.
 * Whatever the device does, nothing here throws.
 */
export class DeviceReader {
  readonly #device: UsbDevice;
  readonly #context: ReaderContext;
  readonly #link: DeviceLink;
  readonly #failures: Failures;
  readonly #lookOnce: () => Promise<void>;
  #arrivedMs: number;
  #seenMs: number;
  #known: KnownKey | undefined;
  #standing = NOT_LOOKED_AT;
  /** Looks have come to something, good or bad; until then the device counts as not read. */
  #isDecided = false;
  #running: { readonly look: Promise<void>; readonly sinceMs: number } | undefined;
  #timer: Timer | undefined;
  /** The latest look fell into a time without ports, and says nothing. */
  #wasBlind = false;
  #hasRefusedMark = false;
  #isErrorTold = false;
  #isClosed = false;

  /** @param seenMs the scan that found the device. */
  constructor(device: UsbDevice, seenMs: number, context: ReaderContext) {
    this.#device = device;
    this.#context = context;
    this.#link = new DeviceLink(device, context.timers, context.timing);
    this.#failures = new Failures(context.timing);
    this.#lookOnce = singleFlight(() => this.#look());
    this.#arrivedMs = seenMs;
    this.#seenMs = seenMs;
  }

  /** A later scan has found it again. */
  seen(atMs: number): void {
    this.#seenMs = atMs;
    if (this.#wasBlind) void this.look();
  }

  /** It was read, or it is known that it cannot be. */
  get isDecided(): boolean {
    return this.#isDecided;
  }

  /** What is known now. */
  report(): SeenDevice {
    const { id, port } = this.#device;
    const license =
      this.#standing.problem === undefined && this.#isDecided ? this.#known?.problem : undefined;
    return {
      id,
      port,
      key: this.#isDecided ? this.#known?.key : undefined,
      arrivedMs: this.#arrivedMs,
      seenMs: this.#seenMs,
      ...this.#standing,
      problem: this.#standing.problem ?? license?.problem,
      licenseReason: license?.reason,
    };
  }

  /** Looks at the key; a look that has begun at `sinceMs` or later will do. Never rejects. */
  look(sinceMs: number = this.#context.monotonicMs()): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    if (this.#running !== undefined && this.#running.sinceMs >= sinceMs) return this.#running.look;
    return this.#lookOnce();
  }

  /** Raises the mark of the platform, where the key keeps marks and has a lower one. Never rejects. */
  async raiseMark(mark: number): Promise<void> {
    const { platformThumbprint, limits } = this.#context;
    if (!this.#standing.isProven || this.#standing.mark === undefined || this.#standing.mark >= mark) return;
    try {
      await this.#link.use((connection) => raiseMark(connection, { platformThumbprint, mark }, limits));
    } catch (error) {
      this.#tellRefusedMark(error);
      return;
    }
    // What counts is the mark that a proof names.
    await this.look();
  }

  /** Ends the looks; resolves once the exchange that runs has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#link.close();
    await this.#running?.look;
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#wasBlind = false;
    const look = this.#lookAndPlan();
    this.#running = { look, sinceMs: this.#context.monotonicMs() };
    await look;
    this.#running = undefined;
  }

  async #lookAndPlan(): Promise<void> {
    const delayMs = await this.#tryLook();
    if (this.#isClosed) return;
    this.#timer = this.#context.timers.after(delayMs, () => void this.look());
    this.#context.onChange();
  }

  /** Looks, and says after how many ms to look again. */
  async #tryLook(): Promise<number> {
    try {
      const look = await this.#link.use((connection) => lookAtKey(connection, this.#known, this.#context));
      const known = look.reading && (await knownKeyOf(look.reading, this.#context.verify));
      if (this.#isClosed) return 0;
      if (known !== undefined) this.#learn(known);
      return this.#judge(look.presence);
    } catch (error) {
      return this.#isClosed ? 0 : this.#fail(error);
    }
  }

  #learn(known: KnownKey): void {
    if (this.#known === undefined || !isSameKnownKey(this.#known, known)) this.#arrive();
    this.#known = known;
  }

  /** A key is read for the first time in this stay, or another one answers than did before. */
  #arrive(): void {
    const { onReplaced, monotonicMs } = this.#context;
    if (this.#known !== undefined) {
      onReplaced({ ...this.report(), isProven: false, problem: "PROOF_FAILED", licenseReason: undefined });
      this.#isDecided = false;
      this.#standing = NOT_LOOKED_AT;
      this.#failures.reset();
    }
    this.#arrivedMs = monotonicMs();
  }

  #judge(presence: Presence): number {
    if ("error" in presence) return this.#fail(presence.error);
    const { atMs, proof } = presence;
    const { timing, random } = this.#context;
    this.#failures.reset();
    this.#isDecided = true;
    this.#standing = {
      isProven: true,
      provedMs: atMs,
      mark: proof?.mark,
      problem: undefined,
    };
    return timing.proofMs * (1 - JITTER * random());
  }

  #fail(error: unknown): number {
    const { isBlind, onGone, monotonicMs, timing } = this.#context;
    const problem = this.#problemOf(error);
    // Without its ports a host cannot reach any device: no fault of the device's.
    this.#wasBlind = isBlind();
    if (this.#wasBlind) return timing.longestRetryMs;
    if (error instanceof UsbFault && error.kind === "GONE") onGone();
    this.#failures.add(monotonicMs());
    if (this.#failures.doCount) {
      this.#isDecided = true;
      this.#standing = { ...this.#standing, isProven: false, problem };
    }
    return this.#failures.delayMs(problem);
  }

  #problemOf(error: unknown): DeviceProblem {
    const problem = deviceProblemOf(error);
    if (problem !== undefined) return problem;
    if (!this.#isErrorTold) {
      this.#context.log.error({ err: error, port: this.#device.port }, "a USB device cannot be read");
    }
    this.#isErrorTold = true;
    return "NO_ANSWER";
  }

  #tellRefusedMark(error: unknown): void {
    if (this.#hasRefusedMark || this.#isClosed) return;
    this.#hasRefusedMark = true;
    this.#context.log.warn(
      { err: error, port: this.#device.port, keyId: this.#known?.key.keyId },
      "a USB key did not keep the mark of this platform; its rights are not affected, but a database that is restored to an older state is harder to notice",
    );
  }
}
