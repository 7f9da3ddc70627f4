/**
 * The USB keys of the platform as one node works on them: it says what it sees in its own ports, reads what the
 * others say, and writes what follows. No node leads: each does the same, and the store lets one at a time.
 */
import type { Instant } from "../../domain/license.ts";
import type { Refusal } from "../../domain/refusal.ts";
import { lostNodes } from "../../domain/usb/lost-nodes.ts";
import { DEBOUNCE_MS } from "../../domain/usb/presence.ts";
import type { NodeSight } from "../../domain/usb/sights.ts";
import { observe } from "../../domain/usb/transition.ts";
import type { UnwatchedKey } from "../../domain/usb/unwatched.ts";
import { isSameKey } from "../../domain/usb/usb-facts.ts";
import type { UsbKeyState, UsbState } from "../../domain/usb/usb-state.ts";
import type { PackageReading } from "../../license-file/read-package.ts";
import type { LicensingContext } from "../../licensing/licensing-context.ts";
import type { Logger } from "../../log.ts";
import { signSight } from "../../platform/usb-rows.ts";
import { singleFlight } from "../../snapshot/single-flight.ts";
import type { Timer, Timers } from "../../snapshot/timers.ts";
import type { Store } from "../../store/store.ts";
import type { UsbReading } from "../../store/usb.ts";
import type { KeyAgent, SeenDevice } from "../agent/report.ts";
import { livesOf } from "./lives.ts";
import { ownSight } from "./own-sight.ts";
import { scanAll } from "./scan-all.ts";
import { type KeyToTake, settleKeys } from "./settle-keys.ts";
import { SightReader } from "./sight-reader.ts";
import type { NodeScan, UsbOverview, UsbPorts } from "./usb-overview.ts";
import { unwatchedKeys } from "./watching.ts";

/** How often a node looks though nothing changes: its sight is renewed, and lost nodes are found. */
const LOOK_MS = 10_000;

/** Looks further apart do not follow each other: in between this node, or the database, was away. */
const LONGEST_GAP_MS = 30_000;

/** What a {@link UsbPlatform} works with. */
export interface UsbPlatformOptions {
  readonly agent: KeyAgent;
  readonly store: Pick<Store, "readUsb" | "writeSight" | "requestUsbScan">;
  readonly licensing: LicensingContext;
  readonly timers: Timers;
  readonly log: Logger;
  /** Milliseconds by a clock that nobody sets, the agent's. Default: `performance.now`. */
  readonly monotonicMs?: () => number;
}

/** What was read last. */
interface Look {
  readonly reading: UsbReading;
  readonly readMs: number;
  readonly sights: readonly NodeSight[];
}

/** Made by {@link UsbPlatform.start}, ended by {@link UsbPlatform.close}. */
export class UsbPlatform implements UsbPorts {
  /** Looks once; a call while a look runs shares the one after it. */
  readonly look: () => Promise<void>;
  readonly #options: Required<UsbPlatformOptions>;
  readonly #reader: SightReader;
  readonly #unsubscribe: readonly (() => void)[];
  /** Readings whose licenses were taken or refused, and by which stay of a device. */
  #settled = new Map<string, { readonly reading: PackageReading; readonly refusal: Refusal | undefined }>();
  /** Stays of devices that this process has seen, and whether the key was not there before. */
  readonly #arrivals = new Map<string, boolean>();
  #last: Look | undefined;
  #lastKnown: UsbState | undefined;
  #answered = 0;
  /** The database's clock at the first of the looks that follow each other without a gap. */
  #listeningSince: Instant | undefined;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isFailing = false;
  #isClosed = false;

  /** Begins to look; the first look is on its way when this returns. */
  static start(options: UsbPlatformOptions): UsbPlatform {
    const platform = new UsbPlatform({ monotonicMs: () => performance.now(), ...options });
    platform.#begin();
    return platform;
  }

  private constructor(options: Required<UsbPlatformOptions>) {
    this.#options = options;
    const { agent, licensing } = options;
    this.#reader = new SightReader(licensing.platformKey.publicKeyX);
    this.look = singleFlight(() => this.#look());
    this.#lastKnown = licensing.hub.current().state.usb;
    this.#unsubscribe = [
      agent.subscribe(() => this.#begin()),
      licensing.hub.subscribe(({ state }) => {
        this.#lastKnown = state.usb ?? this.#lastKnown;
        // A history that was changed by hand is written anew; a new license may make a key count.
        if (state.usb === undefined || this.#isDue(state.usb)) this.#begin();
      }),
      licensing.hub.subscribeHints(() => this.#begin()),
    ];
  }

  overview(): UsbOverview {
    const { agent, licensing, monotonicMs } = this.#options;
    const { unavailable, scannedMs } = agent.report();
    const scanAgeMs = scannedMs === undefined ? undefined : monotonicMs() - scannedMs;
    return {
      sights: this.#last?.sights ?? [],
      lostNodeIds: this.#last === undefined ? new Set() : this.#lostNodes(this.#last, this.#databaseNow()),
      readAt: this.#last?.reading.databaseNow,
      own: { nodeId: licensing.nodeId, unavailable, scanned: scannedMs !== undefined, scanAgeMs },
    };
  }

  async scanEverywhere(): Promise<readonly NodeScan[]> {
    const { store, timers } = this.#options;
    // What was refused is judged again: another license may have made room for it.
    this.#settled = new Map([...this.#settled].filter(([, { refusal }]) => refusal === undefined));
    const request = await store.requestUsbScan();
    // This node answers as the others do: by its row, once what it found is settled.
    this.#begin();
    return scanAll({ store, timers, reader: this.#reader }, request);
  }

  /** Ends the looks, after the one that runs. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    await this.#looking;
  }

  #begin(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#looking = this.look()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#watch();
        this.#schedule();
      });
  }

  #schedule(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    const delayMs =
      this.#last === undefined ? LOOK_MS : untilDebounced(this.#last.sights, this.#databaseNow());
    this.#timer = this.#options.timers.after(delayMs, () => this.#begin());
  }

  /** While the database is away nothing is written, and what was there is not taken for absent (UK-BU-9). */
  #failed(error: unknown): void {
    if (!this.#isFailing)
      this.#options.log.warn({ err: error }, "what the USB ports show cannot be written for now");
    this.#isFailing = true;
  }

  async #look(): Promise<void> {
    const { agent, store } = this.#options;
    const reading = await store.readUsb();
    const isAsked = reading.scanRequest > this.#answered;
    if (isAsked) await agent.scan();
    const settled = await this.#settle(await this.#tell(reading));
    if (isAsked) {
      // Only now, so that who asked finds what was found.
      this.#answered = reading.scanRequest;
      await this.#tell(await store.readUsb());
    }
    if (settled !== undefined) await this.#mark(settled);
    if (this.#isFailing) this.#options.log.info("what the USB ports show is written again");
    this.#isFailing = false;
  }

  /** Writes what this node sees; returns all sights with it. */
  async #tell(reading: UsbReading): Promise<Look> {
    const { store, licensing, monotonicMs } = this.#options;
    const readMs = monotonicMs();
    const stored = await this.#reader.read(reading);
    const look = { reading, readMs, sights: stored };
    this.#listen(reading.databaseNow);
    this.#last = look;
    this.#noteArrivals(stored);
    const own = this.#ownSight(new Map());
    if (own === undefined) return look;
    await store.writeSight(licensing.nodeId, await signSight(licensing.platformKey, own));
    const sights = [...stored.filter(({ nodeId }) => nodeId !== own.nodeId), own];
    this.#last = { ...look, sights };
    return this.#last;
  }

  /** Writes what follows from the sights, if anything does. */
  async #settle(look: Look): Promise<UsbState | undefined> {
    const { reading, sights } = look;
    const { licensing } = this.#options;
    const { state } = licensing.hub.current();
    const toTake = this.#toTake();
    const at = this.#databaseNow();
    const observation = { at, sights, lostNodeIds: this.#lostNodes(look, at), licenses: state.licenses };
    if (state.usb !== undefined && toTake.length === 0 && observe(state.usb, observation) === state.usb)
      return undefined;
    const settled = await settleKeys({
      licensing,
      reader: this.#reader,
      toTake,
      ownSight: (refusedBy) => this.#ownSight(refusedBy),
      listeningSince: this.#listeningSince,
      lastKnown: this.#lastKnown,
    });
    for (const { deviceId, reading: taken } of toTake) {
      this.#settled.set(deviceId, { reading: taken, refusal: settled.refusedBy.get(deviceId) });
    }
    if (settled.refusedBy.size > 0) await this.#tell(reading);
    return settled.state;
  }

  /** Keys on this node that began to give their rights carry the new mark (threat 18). */
  async #mark({ keys }: UsbState): Promise<void> {
    const { agent, licensing } = this.#options;
    for (const { key, mark } of agent.report().devices) {
      const state = key && keys.find((other) => isSameKey(other, key));
      if (state?.givesOn !== licensing.nodeId || mark === undefined || mark >= state.mark) continue;
      await agent.raiseMark(state.keyId, state.mark);
    }
  }

  /** Keys with licenses that this process has not looked at yet. */
  #toTake(): readonly KeyToTake[] {
    const { devices } = this.#options.agent.report();
    for (const id of this.#settled.keys())
      if (!devices.some((device) => device.id === id)) this.#settled.delete(id);
    return devices.filter(isReadable).flatMap((device): KeyToTake[] => {
      const known = this.#settled.get(device.id);
      if (known?.reading === device.key.reading) return [];
      const { keyId, thumbprint, reading } = device.key;
      return [
        {
          deviceId: device.id,
          name: { keyId, thumbprint },
          reading,
          isArrival: known === undefined && this.#arrivals.get(device.id) === true,
        },
      ];
    });
  }

  /** A key that was there when this node last said what it sees has not arrived: the process is new, or the database was away. */
  #noteArrivals(sights: readonly NodeSight[]): void {
    const { agent, licensing } = this.#options;
    const { devices } = agent.report();
    for (const id of this.#arrivals.keys())
      if (!devices.some((device) => device.id === id)) this.#arrivals.delete(id);
    const before = sights.find(({ nodeId }) => nodeId === licensing.nodeId);
    for (const { id, key } of devices) {
      if (key === undefined || this.#arrivals.has(id)) continue;
      const last = before?.devices.find((device) => isSameKey(device, key));
      const wasThere = last !== undefined && last.seenAt >= (before?.scannedAt ?? 0);
      this.#arrivals.set(id, !wasThere);
    }
  }

  #ownSight(refusedNow: ReadonlyMap<string, Refusal>): NodeSight | undefined {
    const { agent, licensing } = this.#options;
    const known = [...this.#settled].flatMap(([id, { refusal }]) =>
      refusal === undefined ? [] : [[id, refusal] as const],
    );
    const refusedBy = new Map([...known, ...refusedNow].map(([id, { reason }]) => [id, reason]));
    return ownSight({
      nodeId: licensing.nodeId,
      report: agent.report(),
      previous: this.#last?.sights.find(({ nodeId }) => nodeId === licensing.nodeId),
      scanRequest: this.#answered,
      at: this.#databaseNow(),
      refusedBy,
      toInstant: (ms) => this.#toInstant(ms),
    });
  }

  /** Notes a look at what others say: time without one says nothing of them (UK-BU-9). */
  #listen(at: Instant): void {
    const lastAt = this.#last?.reading.databaseNow;
    const isGap = lastAt === undefined || at < lastAt || at - lastAt > LONGEST_GAP_MS;
    if (isGap) this.#listeningSince = at;
  }

  #lostNodes({ reading, sights }: Look, at: Instant): ReadonlySet<string> {
    return lostNodes(livesOf(reading, sights), at, this.#listeningSince);
  }

  /** A time of the agent as one of the database. */
  #toInstant(ms: number): Instant {
    if (this.#last === undefined) throw new Error("the database's clock is not known yet");
    return Math.round(this.#last.reading.databaseNow + ms - this.#last.readMs);
  }

  #databaseNow(): Instant {
    return this.#toInstant(this.#options.monotonicMs());
  }

  #isDue(usb: UsbState): boolean {
    if (this.#last === undefined) return false;
    const { licensing } = this.#options;
    const { sights } = this.#last;
    const at = this.#databaseNow();
    const { licenses } = licensing.hub.current().state;
    return observe(usb, { at, sights, lostNodeIds: this.#lostNodes(this.#last, at), licenses }) !== usb;
  }

  /** Says which keys nobody looks at, so that they give their rights no longer than a buffer would. */
  #watch(): void {
    const { licensing, agent } = this.#options;
    const { usb } = licensing.hub.current().state;
    if (this.#last === undefined || usb === undefined) return;
    const seenHere = agent.report().devices.filter(isReadable);
    const unwatched: readonly UnwatchedKey[] = unwatchedKeys({
      keys: usb.keys.filter(({ givesOn }: UsbKeyState) => givesOn !== undefined),
      sights: this.#last.sights,
      at: this.#databaseNow(),
      seenHere: seenHere.map(({ key }) => key),
    });
    licensing.hub.noteUnwatched(unwatched);
  }
}

/** Until the first key that just left is to be taken for absent (UK-BU-7); {@link LOOK_MS} at most. */
function untilDebounced(sights: readonly NodeSight[], at: Instant): number {
  const ends = sights.flatMap(({ scannedAt, devices }) =>
    devices.flatMap(({ seenAt }) =>
      scannedAt === undefined || seenAt >= scannedAt ? [] : [seenAt + DEBOUNCE_MS],
    ),
  );
  const toCome = ends.filter((end) => end > at);
  return Math.min(LOOK_MS, ...toCome.map((end) => end - at + 1));
}

type ReadableDevice = SeenDevice & { readonly key: NonNullable<SeenDevice["key"]> };

/** Read, proven, and with licenses on it that nothing is against. */
function isReadable(device: SeenDevice): device is ReadableDevice {
  return device.key !== undefined && device.isProven && device.problem === undefined;
}
