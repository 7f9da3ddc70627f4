/**
 * Nodes with ports, keys that people plug and pull, and a clock: what the nodes would write, without a server. The
 * state is worked out by `observe` alone.
 */
import type { Instant, License } from "../../src/domain/license.ts";
import { LOST_AFTER_MS, lostNodes } from "../../src/domain/usb/lost-nodes.ts";
import { DEBOUNCE_MS, type UsbObservation } from "../../src/domain/usb/presence.ts";
import type { DeviceSight, NodeSight } from "../../src/domain/usb/sights.ts";
import { observe } from "../../src/domain/usb/transition.ts";
import { NO_USB_STATE, type UsbState, usbFactsOf } from "../../src/domain/usb/usb-state.ts";

/** What the nodes of a world do between two steps of its clock. */
const TICK_MS = 1_000;

interface Port {
  readonly key: string;
  readonly arrivedAt: Instant;
  /** The key proves itself. */
  isHonest: boolean;
  provedAt: Instant | undefined;
}

interface Node {
  readonly id: string;
  isUp: boolean;
  heartbeatAt: Instant;
  aliveSince: Instant;
  readonly ports: Port[];
  sight: NodeSight;
}

/** A world of nodes and keys. */
export class UsbWorld {
  at: Instant;
  state: UsbState = NO_USB_STATE;
  isDatabaseThere = true;
  /** Bound to keys by `keyLicense`. */
  licenses: License[] = [];
  readonly #nodes: Node[];

  constructor(nodeCount: number, at: Instant) {
    this.at = at;
    this.#nodes = Array.from({ length: nodeCount }, (_, i) => newNode(`node-${i + 1}`, at));
  }

  /** Ids of the nodes. */
  get nodeIds(): readonly string[] {
    return this.#nodes.map(({ id }) => id);
  }

  /** Key ids that give their rights, ascending. */
  get giving(): readonly string[] {
    return usbFactsOf(this.state).giving.map(({ keyId }) => keyId);
  }

  /** Running buffers by key id: their ends. */
  get buffers(): Readonly<Record<string, Instant>> {
    const running = usbFactsOf(this.state).buffers.filter(
      ({ startsAt, endsAt }) => startsAt <= this.at && this.at < endsAt,
    );
    return Object.fromEntries(running.map(({ keyId, endsAt }) => [keyId, endsAt]));
  }

  /** Where a key is plugged in; `undefined`: nowhere. */
  placeOf(key: string): string | undefined {
    return this.#nodes.find(({ ports }) => ports.some((port) => port.key === key))?.id;
  }

  isUp(node: number): boolean {
    return this.#node(node).isUp;
  }

  /** Plugs keys in, seen in one scan; a key that is elsewhere is pulled there first. */
  plug(node: number, ...keys: readonly string[]): void {
    for (const key of keys) {
      this.#take(key);
      this.#node(node).ports.push({ key, arrivedAt: this.at, isHonest: true, provedAt: undefined });
    }
    this.look();
  }

  pull(...keys: readonly string[]): void {
    for (const key of keys) this.#take(key);
    this.look();
  }

  /** A key that cannot prove itself any more. */
  spoil(key: string): void {
    for (const { ports } of this.#nodes)
      for (const port of ports) if (port.key === key) port.isHonest = false;
    this.look();
  }

  /** A node stops: it neither looks nor beats. */
  stop(node: number): void {
    this.#node(node).isUp = false;
  }

  start(node: number): void {
    this.#node(node).isUp = true;
    this.look();
  }

  /** Time goes by; nodes that are up look each second at first, then at the end of each longer stretch. */
  wait(ms: number): void {
    const end = this.at + ms;
    for (let ticks = 0; this.at < end && ticks < 90; ticks++) this.#tick(Math.min(TICK_MS, end - this.at));
    // Beyond a minute and a half nothing new can happen but by the calendar: one stretch, then a minute and a half again.
    if (this.at < end) {
      this.#skip(Math.max(0, end - this.at - 90 * TICK_MS));
      while (this.at < end) this.#tick(Math.min(TICK_MS, end - this.at));
    }
  }

  /** The database's clock is set to another instant. */
  setClock(at: Instant): void {
    this.at = at;
    this.look();
  }

  /** Every node that is up looks, and writes what follows. */
  look(): void {
    if (!this.isDatabaseThere) return;
    for (const node of this.#nodes) if (node.isUp) this.#beat(node);
    this.state = observe(this.state, this.observation());
  }

  /** What a node would work from now. */
  observation(): UsbObservation {
    return {
      at: this.at,
      sights: this.#nodes.map(({ sight }) => sight),
      lostNodeIds: this.#lostNodeIds(),
      licenses: this.licenses,
    };
  }

  /** By the word of the node that has listened longest of those that are up. */
  #lostNodeIds(): ReadonlySet<string> {
    const listening = this.#nodes.filter(
      ({ heartbeatAt }) => Math.abs(this.at - heartbeatAt) < LOST_AFTER_MS / 2,
    );
    const since = Math.min(...listening.map(({ aliveSince }) => aliveSince));
    const lives = this.#nodes.map(({ id, heartbeatAt }) => ({ id, heardAt: heartbeatAt }));
    return lostNodes(lives, this.at, Number.isFinite(since) ? since : undefined);
  }

  #tick(ms: number): void {
    this.at += ms;
    this.look();
  }

  /** A long time in which every node that is up keeps beating. */
  #skip(ms: number): void {
    this.at += ms;
    if (!this.isDatabaseThere) return;
    for (const node of this.#nodes) if (node.isUp) node.heartbeatAt = this.at;
    this.look();
  }

  #beat(node: Node): void {
    const gap = this.at - node.heartbeatAt;
    if (gap < 0 || gap > LOST_AFTER_MS / 2) node.aliveSince = this.at;
    node.heartbeatAt = this.at;
    for (const port of node.ports) if (port.isHonest) port.provedAt = this.at;
    const present = node.ports.map((port) => sightOf(port, this.at));
    const left = node.sight.devices
      .filter(({ keyId }) => !present.some((device) => device.keyId === keyId))
      .map((device) => (device.seenAt < this.at ? device : { ...device, seenAt: this.at - DEBOUNCE_MS }));
    node.sight = { ...node.sight, writtenAt: this.at, scannedAt: this.at, devices: [...present, ...left] };
  }

  #node(number: number): Node {
    const node = this.#nodes[number - 1];
    if (node === undefined) throw new Error(`there is no node ${number}`);
    return node;
  }

  #take(key: string): void {
    for (const { ports } of this.#nodes) {
      const place = ports.findIndex((port) => port.key === key);
      if (place >= 0) ports.splice(place, 1);
    }
  }
}

/** The thumbprint of a key of a world. */
export function thumbprintOfKey(keyId: string): string {
  return `thumbprint of ${keyId}`;
}

function sightOf({ key, arrivedAt, isHonest, provedAt }: Port, at: Instant): DeviceSight {
  return {
    port: "1-1",
    keyId: key,
    thumbprint: thumbprintOfKey(key),
    model: "",
    seenAt: at,
    arrivedAt,
    provedAt,
    isProven: isHonest,
    hasLicense: true,
    mark: undefined,
    problem: isHonest ? undefined : "PROOF_FAILED",
    licenseReason: undefined,
  };
}

function newNode(id: string, at: Instant): Node {
  const sight = {
    nodeId: id,
    writtenAt: at,
    scannedAt: at,
    unavailable: undefined,
    scanRequest: 0,
    devices: [],
  };
  return { id, isUp: true, heartbeatAt: at, aliveSince: at, ports: [], sight };
}
