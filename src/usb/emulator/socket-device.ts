/** The host's end of a device on a Unix socket. The device may be hostile; it costs a frame of memory at most. */
import { connect, type Socket } from "node:net";
import { basename } from "node:path";
import type { Timers } from "../../snapshot/timers.ts";
import { type UsbConnection, type UsbDevice, UsbFault, type UsbFaultKind } from "../bus/bus.ts";
import { vendorSetup } from "./emulated-device.ts";
import {
  encodeFrame,
  FRAME,
  type Frame,
  FrameReader,
  type Hello,
  parseHello,
  uint32,
} from "./socket-frames.ts";

/** How long a device may take to say hello, or to let itself be opened. */
const HELLO_MS = 1_000;

/** Frames that nobody asked for before a device is given up; late answers are some. */
const MAX_UNWANTED = 64;

const NUMBER_BYTES = 4;
const NO_DATA = new Uint8Array();

/** File system errors of a connection, as faults. */
const FAULTS: Readonly<Record<string, UsbFaultKind>> = {
  EACCES: "NO_PERMISSION",
  EPERM: "NO_PERMISSION",
  ENOENT: "GONE",
  ECONNREFUSED: "GONE",
  ECONNRESET: "GONE",
  EPIPE: "GONE",
};

/**
 * Asks a socket which device it is.
 *
 * @throws UsbFault: it is none, or does not say so in time.
 */
export async function findSocketDevice(path: string, timers: Timers): Promise<UsbDevice> {
  const wire = new SocketWire(path, timers);
  try {
    return deviceAt(path, timers, await wire.hello());
  } finally {
    wire.close();
  }
}

function deviceAt(path: string, timers: Timers, { vendorId, productId, stay }: Hello): UsbDevice {
  const port = basename(path, ".sock");
  return { id: `${port}:${stay}`, port, vendorId, productId, open: () => openAt(path, timers, stay) };
}

async function openAt(path: string, timers: Timers, stay: string): Promise<UsbConnection> {
  const wire = new SocketWire(path, timers);
  try {
    const hello = await wire.hello();
    if (hello.stay !== stay) throw gone();
    await wire.claim();
  } catch (error) {
    wire.close();
    throw error;
  }
  return {
    read: async (request, value, length, timeoutMs) => {
      const data = await wire.transfer(vendorSetup(true, request, value, length), NO_DATA, timeoutMs);
      if (data.length <= length) return new Uint8Array(data);
      throw new UsbFault("OTHER", "the device sent more than it was asked for");
    },
    write: async (request, value, data, timeoutMs) => {
      await wire.transfer(vendorSetup(false, request, value, data.length), data, timeoutMs);
    },
    close: async () => wire.close(),
  };
}

/** A connection to a device: one frame is waited for at a time. */
class SocketWire {
  readonly #socket: Socket;
  readonly #timers: Timers;
  readonly #reader = new FrameReader();
  #waiting: { take(frame: Frame): boolean; fail(fault: UsbFault): void } | undefined;
  /** Why nothing comes any more. */
  #ended: UsbFault | undefined;
  #requests = 0;
  #unwanted = 0;

  constructor(path: string, timers: Timers) {
    this.#timers = timers;
    this.#socket = connect(path);
    this.#socket.on("data", (chunk) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#end(faultOf(error)));
    this.#socket.on("close", () => this.#end(gone()));
  }

  async hello(): Promise<Hello> {
    const hello = parseHello(await this.#next(HELLO_MS, () => true));
    if (hello !== undefined) return hello;
    throw new UsbFault("OTHER", "what listens there is no emulated device");
  }

  async claim(): Promise<void> {
    const answer = this.#next(HELLO_MS, () => true);
    this.#send(encodeFrame(FRAME.claim));
    const { type } = await answer;
    if (type === FRAME.busy) throw new UsbFault("BUSY", "the device is in use");
    if (type !== FRAME.claimed) throw new UsbFault("OTHER", "the device does not let itself be opened");
  }

  async transfer(setup: Uint8Array, data: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    this.#requests += 1;
    const number = uint32(this.#requests);
    // What comes late, for a request that timed out, has another number.
    const answer = this.#next(timeoutMs, ({ content }) => number.equals(content.subarray(0, NUMBER_BYTES)));
    this.#send(encodeFrame(FRAME.request, number, setup, data));
    const { type, content } = await answer;
    if (type === FRAME.accepted) return content.subarray(NUMBER_BYTES);
    throw type === FRAME.stalled
      ? new UsbFault("STALL", "the device refused the request")
      : new UsbFault("OTHER", "the device answered with a frame that is not expected");
  }

  close(): void {
    this.#end(new UsbFault("OTHER", "the connection is closed"));
  }

  async #next(timeoutMs: number, isWanted: (frame: Frame) => boolean): Promise<Frame> {
    if (this.#ended !== undefined) throw this.#ended;
    const { promise, resolve, reject } = Promise.withResolvers<Frame>();
    const timer = this.#timers.after(timeoutMs, () =>
      reject(new UsbFault("TIMEOUT", `the device did not answer in ${timeoutMs} ms`)),
    );
    const take = (frame: Frame) => {
      if (!isWanted(frame)) return false;
      resolve(frame);
      return true;
    };
    this.#waiting = { take, fail: reject };
    try {
      return await promise;
    } finally {
      timer.cancel();
      this.#waiting = undefined;
    }
  }

  #send(frame: Buffer): void {
    if (this.#ended === undefined) this.#socket.write(frame);
  }

  #take(chunk: Uint8Array): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#hand(frame);
    } catch (cause) {
      this.#end(new UsbFault("OTHER", "the device does not keep to the frames", { cause }));
    }
  }

  #hand(frame: Frame): void {
    if (this.#waiting?.take(frame)) return;
    this.#unwanted += 1;
    if (this.#unwanted > MAX_UNWANTED) throw new RangeError("frames that nobody asked for");
  }

  #end(fault: UsbFault): void {
    this.#ended ??= fault;
    this.#waiting?.fail(this.#ended);
    this.#socket.destroy();
  }
}

function faultOf(error: Error): UsbFault {
  const code = "code" in error ? String(error.code) : "";
  return new UsbFault(FAULTS[code] ?? "OTHER", "the device cannot be reached", { cause: error });
}

function gone(): UsbFault {
  return new UsbFault("GONE", "the device is not plugged in any more");
}
