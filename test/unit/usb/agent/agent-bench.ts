/** An agent over ports in memory, in a time that stands still, and keys to plug into them. */
import { setImmediate } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import { pino } from "pino";
import { readPackage } from "../../../../src/license-file/read-package.ts";
import type { AgentReport, SeenDevice } from "../../../../src/usb/agent/report.ts";
import { UsbAgent, type UsbAgentOptions } from "../../../../src/usb/agent/usb-agent.ts";
import type { UsbBus } from "../../../../src/usb/bus/bus.ts";
import { Dongle } from "../../../../src/usb/emulator/dongle.ts";
import type { EmulatedDevice, SetupReply } from "../../../../src/usb/emulator/emulated-device.ts";
import { type KeyMemory, newKeyMemory } from "../../../../src/usb/emulator/key-memory.ts";
import { MemoryBus } from "../../../../src/usb/emulator/memory-bus.ts";
import { publicJwkOfBytes } from "../../../../src/usb/protocol/public-key.ts";
import { DEFAULT_USB_IDS } from "../../../../src/usb/protocol/requests.ts";
import { createFakeTime, settled } from "../../../helpers/fake-time.ts";
import { createTestVendor, ISSUED_AT, issue } from "../../../helpers/vendor.ts";

/** Of the platform that the agents of tests work for. */
export const PLATFORM = "pdyCrxATNU0LLzOjaQ4yuH-mDNh7EYYQLzTTRtYXtwo";
const NODE_ID = "5d1c2f6e-8f2b-4f7a-9b53-0d8f0f5f6a11";

/** A device of which a test can exchange the inside, and overrule answers. */
export class Box implements EmulatedDevice {
  readonly vendorId = DEFAULT_USB_IDS.vendorId;
  readonly productId = DEFAULT_USB_IDS.productId;
  inside: EmulatedDevice;
  /** Answers in the place of the inside; `undefined`: the inside answers. */
  overrule: ((request: number) => SetupReply | undefined) | undefined;
  replyDelayMs = 0;
  /** Numbers of the requests so far. */
  requests: number[] = [];

  constructor(inside: EmulatedDevice) {
    this.inside = inside;
  }

  handleSetup(setup: Uint8Array, data: Uint8Array): SetupReply {
    const request = setup[1] ?? 0;
    this.requests.push(request);
    return this.overrule?.(request) ?? this.inside.handleSetup(setup, data);
  }
}

/** A bus that counts how often it is listed. */
class CountingBus implements UsbBus {
  readonly #bus: MemoryBus;
  lists = 0;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
  }

  list(): ReturnType<UsbBus["list"]> {
    this.lists += 1;
    return this.#bus.list();
  }

  watch(onChange: () => void): () => void {
    return this.#bus.watch(onChange);
  }
}

/** Waits for what other threads do: signatures are checked there. The time of the test stands still meanwhile. */
export async function until(holds: () => boolean): Promise<void> {
  const endsAtMs = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > endsAtMs) throw new Error("what the test waits for does not come");
    await setImmediate();
  }
}

/** Ports in memory and what belongs to them; `start` makes the agent. */
export async function prepare(t: ExecutionContext, overrides: Partial<UsbAgentOptions> = {}) {
  const time = createFakeTime(ISSUED_AT);
  const bus = new MemoryBus({ timers: time.timers });
  const counting = new CountingBus(bus);
  const vendor = await createTestVendor();
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line) => void lines.push(JSON.parse(line).msg) });
  const verified: Uint8Array[] = [];
  let verifying = 0;

  const verify = async (blob: Uint8Array) => {
    verified.push(blob);
    verifying += 1;
    try {
      return await readPackage(blob, vendor.trust, { thumbprint: PLATFORM, profile: "zstack-cloud" });
    } finally {
      verifying -= 1;
    }
  };
  /** Lets time pass timer by timer; signatures, which other threads check, take none of it. */
  const pass = async (ms: number) => {
    let leftMs = ms;
    do {
      const stepMs = Math.min(leftMs, time.delays()[0] ?? leftMs);
      await time.pass(stepMs);
      await settled();
      await until(() => verifying === 0);
      await settled();
      leftMs -= stepMs;
    } while (leftMs > 0);
  };

  /** Closes while time passes: an exchange that runs is waited for. */
  const closeWhile = async (agent: UsbAgent) => {
    const closing = agent.close();
    await time.pass(15_000);
    await closing;
  };

  const start = async () => {
    const agent = new UsbAgent({
      bus: counting,
      ids: [DEFAULT_USB_IDS],
      platformThumbprint: PLATFORM,
      nodeId: NODE_ID,
      verify,
      keysWithoutProof: false,
      log,
      timers: time.timers,
      monotonicMs: () => time.clock.now() - ISSUED_AT,
      random: () => 0,
      ...overrides,
    });
    t.teardown(() => closeWhile(agent));
    // The first listing has ended.
    await settled();
    return agent;
  };

  /** The memory of a key with a license for it, unless told otherwise. */
  const keyMemory = async (keyId: string, change: Partial<KeyMemory> = {}): Promise<KeyMemory> => {
    const memory = { ...newKeyMemory({ keyId }), ...change };
    return { ...memory, blob: change.blob ?? (await blobFor(memory)) };
  };

  /** A license for a key, as it lies on it. */
  const blobFor = async ({ keyId, publicKey }: Pick<KeyMemory, "keyId" | "publicKey">) => {
    const jwk = publicJwkOfBytes(publicKey);
    if (jwk === undefined) throw new Error("the key has no public key");
    const license = await issue(vendor, PLATFORM, { sub: `usb:${keyId}`, cnf: { jwk: { ...jwk } } });
    return new Uint8Array(Buffer.from(license));
  };

  const key = async (keyId: string) => new Dongle(await keyMemory(keyId));
  return {
    time: { ...time, pass },
    bus,
    counting,
    vendor,
    lines,
    verified,
    start,
    key,
    keyMemory,
    blobFor,
    closeWhile,
  };
}

/** The device of a key; fails when it is not there or there twice. */
export function seen({ devices }: AgentReport, keyId: string): SeenDevice {
  const [device, ...others] = devices.filter(({ key }) => key?.keyId === keyId);
  if (device === undefined || others.length > 0) throw new Error(`${keyId} is not there, or not once`);
  return device;
}

/** Ids of the keys that are there and proven. */
export function provenIds({ devices }: AgentReport): readonly (string | undefined)[] {
  return devices.filter(({ isProven }) => isProven).map(({ key }) => key?.keyId);
}
